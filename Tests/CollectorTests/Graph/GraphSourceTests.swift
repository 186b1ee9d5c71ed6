// The Graph source against a scripted server: what is asked, how it signs in, how it pages.

import HTTPTransport
import IntakeCore
import IntakeTesting
import Testing

@testable import Collector

@Suite("GraphSource", .serialized)
struct GraphSourceTests {
  static let window = Window(
    start: Instant(seconds: 1_770_000_000) + .nanoseconds(100), end: Instant(seconds: 1_770_003_600))

  @Test("signs in with the client secret and asks for the window, inclusive and whole milliseconds wide")
  func firstPage() async throws {
    let server = try ScriptedServer { request, _ in
      request.method == "POST" ? .answer(Bodies.token) : .answer(#"{"value":[{"id":"a"}]}"#)
    }
    defer { server.stop() }
    // Other authorities than other tests: no transfer of theirs can push the open connection out.
    let source = try Sources.graph(server, http: HTTPSettings(caFile: "/of-this-test"))
    let page = try await source.page(Self.window, after: nil)
    #expect(page.rows.count == 1)
    #expect(page.next == nil)
    let requests = server.requests
    #expect(requests.map(\.method) == ["POST", "GET"])
    #expect(requests[0].target == "/contoso.test/oauth2/v2.0/token")
    #expect(
      requests[0].text
        == "grant_type=client_credentials&client_id=app&scope=https%3A%2F%2Fgraph.microsoft.com%2F.default&client_secret=s%26cret"
    )
    #expect(
      requests[1].target
        == "/v1.0/admin/exchange/tracing/messageTraces?$filter=receivedDateTime%20ge%202026-02-02T02%3A40%3A00.000Z%20and%20receivedDateTime%20le%202026-02-02T03%3A40%3A00.000Z&$top=5000"
    )
    #expect(requests[1].header("authorization") == "Bearer t0ken")
    #expect(requests[1].header("prefer") == "include-unknown-enum-members")
    #expect(source.requests == 2)
    #expect(server.connections == 1)
  }
}

enum Bodies {
  static let token = #"{"token_type":"Bearer","expires_in":3599,"access_token":"t0ken"}"#
}

enum Sources {
  static let secret = Credential.clientSecret(
    tenant: "contoso.test", clientID: "app", secret: Secret("s&cret"), authority: "")

  /// A source whose service and authority are both the server.
  static func graph(
    _ server: ScriptedServer, http: HTTPSettings = HTTPSettings(), time: TimeSource = ManualClock().source,
    version: GraphVersion = .v1, log: Log = .silent
  ) throws(Failure) -> GraphSource {
    try GraphSource(
      root: server.base, version: version,
      credential: .clientSecret(
        tenant: "contoso.test", clientID: "app", secret: Secret("s&cret"), authority: server.base),
      http: http, time: time, log: log)
  }

  static func reporting(
    _ server: ScriptedServer, http: HTTPSettings = HTTPSettings(), time: TimeSource = ManualClock().source,
    pageSize: Int = 2_000, log: Log = .silent
  ) throws(Failure) -> ReportingSource {
    try ReportingSource(
      endpoint: server.base + "/ecp/reportingwebservice/reporting.svc",
      credential: .basic(username: "reader@contoso.test", password: Secret("pass:wörd")), pageSize: pageSize,
      http: http,
      time: time, log: log)
  }
}
