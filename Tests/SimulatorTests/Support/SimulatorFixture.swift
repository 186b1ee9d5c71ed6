// A started simulator with a standing clock, a way in, and page walks over both services.

import IntakeCore
import IntakeTesting
import Testing

@testable import Simulator

/// What most tests begin with. Stop the server at the end (`defer { bench.stop() }`).
struct SimulatorFixture {
  static let day = Instant(seconds: 1_772_409_600)  // 2026-03-02T00:00:00Z
  static let window = Window(start: day, end: day + .seconds(7_200))

  let server: SimulatorServer
  let clock: ManualClock

  /// - Parameter now: where the clock stands; long after everything has settled where nothing else is given.
  init(
    messages: Int = 300, knobs: TenantKnobs = TenantKnobs(), now: Instant = day + .seconds(86_400),
    window: Window = window, _ change: (inout SimulatorSettings) -> Void = { _ in }
  ) throws {
    clock = ManualClock(now)
    let tenant = SimulatedTenant(seed: 7, messages: messages, window: window, knobs: knobs)
    var settings = SimulatorSettings(tenant: tenant, time: clock.source)
    settings.quota = .off
    change(&settings)
    server = try SimulatorServer.start(settings)
  }

  func stop() { server.stop() }

  func client() -> RawClient { RawClient(port: server.port) }

  /// The form of a good token request, with parts replaced.
  func form(_ changes: [String: String] = [:], scope: String = "https://graph.microsoft.com/.default") -> String {
    var fields = [
      "grant_type": "client_credentials", "client_id": server.settings.clientID,
      "client_secret": server.settings.clientSecret, "scope": scope,
    ]
    for (key, value) in changes { fields[key] = value }
    return fields.map { "\($0)=\(PercentEncoding.encode($1))" }.joined(separator: "&")
  }

  func token(scope: String = "https://graph.microsoft.com/.default") throws -> String {
    let answer = client().request("POST", "/contoso.onmicrosoft.com/oauth2/v2.0/token", body: form(scope: scope))
    guard let token = try answer.json()["access_token"]?.string else { throw NoToken(status: answer.status) }
    return token
  }

  /// Sign-in was refused.
  struct NoToken: Error { var status: Int }

  func graph(_ target: String, token: String? = nil, _ headers: [(String, String)] = []) throws -> RawAnswer {
    let bearer = try token ?? self.token()
    return client().request("GET", target, [("Authorization", "Bearer \(bearer)")] + headers)
  }

  var basic: (String, String) {
    let plain = "\(server.settings.username):\(server.settings.password)"
    return ("Authorization", "Basic \(Base64.encodeForURL(Array(plain.utf8)))")
  }

  func reporting(_ query: String, _ headers: [(String, String)] = []) -> RawAnswer {
    client().request("GET", "/ecp/reportingwebservice/reporting.svc/MessageTrace\(query)", [basic] + headers)
  }

  /// All pages of a list, by its next links; the rows of each page.
  func walkGraph(_ target: String, _ headers: [(String, String)] = [Self.unknownMembers]) throws -> [[JSONValue]] {
    let token = try token()
    let client = client()
    var pages: [[JSONValue]] = []
    var next: String? = target
    while let target = next, pages.count < 1_000 {
      let answer = client.request("GET", target, [("Authorization", "Bearer \(token)")] + headers)
      #expect(answer.status == 200)
      let page = try answer.json()
      pages.append(page["value"]?.array ?? [])
      next = page["@odata.nextLink"]?.string.map { String($0.dropFirst(server.graphURL.count)) }
    }
    return pages
  }

  /// The same for the Reporting Web Service, in either JSON shape.
  func walkReporting(_ query: String, _ headers: [(String, String)] = []) throws -> [[JSONValue]] {
    let client = client()
    let root = "/ecp/reportingwebservice/reporting.svc/"
    var pages: [[JSONValue]] = []
    var next: String? = "\(root)MessageTrace\(query)"
    while let target = next, pages.count < 1_000 {
      let answer = client.request("GET", target, [basic] + headers)
      #expect(answer.status == 200)
      let page = try answer.json()
      pages.append(page["d"]?["results"]?.array ?? page["value"]?.array ?? [])
      let link = page["d"]?["__next"]?.string ?? page["odata.nextLink"]?.string
      next = link.map { link in
        link.hasPrefix("http") ? String(link.dropFirst(server.graphURL.count)) : "/ecp/" + link.dropFirst(6)
      }
    }
    return pages
  }

  static let unknownMembers = ("Prefer", "include-unknown-enum-members")
  static let json = ("Accept", "application/json")
  static let graphList = "/v1.0/admin/exchange/tracing/messageTraces"

  /// The tenant's whole window as Graph's filter.
  static let graphWindow =
    "?$filter=receivedDateTime%20ge%202026-03-02T00:00:00Z%20and%20receivedDateTime%20le%202026-03-02T02:00:00Z"
  static let reportingWindow =
    "?$filter=StartDate%20eq%20datetime'2026-03-02T00:00:00Z'%20and%20EndDate%20eq%20datetime'2026-03-02T02:00:00Z'"
}

extension TrueRow {
  /// With the recipient as an identity takes it.
  var folded: TrueRow { TrueRow(traceID: traceID, recipient: recipient.lowercased(), status: status) }

  init(graph row: JSONValue) {
    self.init(
      traceID: row["id"]?.string ?? "", recipient: (row["recipientAddress"]?.string ?? "").lowercased(),
      status: row["status"]?.string ?? "")
  }

  init(reporting row: JSONValue) {
    let status = row["Status"]?.string ?? ""
    self.init(
      traceID: row["MessageTraceId"]?.string ?? "", recipient: row["RecipientAddress"]?.string ?? "",
      status: status.prefix(1).lowercased() + status.dropFirst())
  }
}
