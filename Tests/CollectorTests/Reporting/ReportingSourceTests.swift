// The legacy source: what it asks, its four shapes of answer, its paging by position and where that ends.

import HTTPTransport
import IntakeCore
import IntakeTesting
import Testing

@testable import Collector

@Suite("ReportingSource", .serialized)
struct ReportingSourceTests {
  private static let path = "/ecp/reportingwebservice/reporting.svc/MessageTrace"

  @Test("asks for the window with basic sign-in, inclusive and whole milliseconds wide")
  func firstPage() async throws {
    let server = try ScriptedServer { _, _ in .answer(#"{"d":{"results":[]}}"#) }
    defer { server.stop() }
    let start = Instant(seconds: 1_770_000_000) + .nanoseconds(1_900)
    let source = try Sources.reporting(server)
    _ = try await source.page(Window(start: start, end: start + .seconds(60)), after: nil)
    let request = try #require(server.requests.first)
    #expect(
      request.target == Self.path + "?$format=json&$filter=StartDate%20eq%20datetime%272026-02-02T02%3A40%3A00.000Z%27"
        + "%20and%20EndDate%20eq%20datetime%272026-02-02T02%3A41%3A00.001Z%27&$orderby=Received%20asc")
    #expect(request.header("authorization") == "Basic cmVhZGVyQGNvbnRvc28udGVzdDpwYXNzOnfDtnJk")
    #expect(server.requests.count == 1)
  }

  @Test("a service that refuses to sort is asked without; what it refuses for other reasons stays refused")
  func order() async throws {
    let body = #"{"error":{"code":"","message":{"lang":"en-US","value":"The orderby expression is not supported."}}}"#
    let server = try ScriptedServer { request, _ in
      request.target.contains("$orderby") || request.target.contains("Sender")
        ? .answer(body, status: 400) : .answer(#"{"d":[{"Index":0}]}"#)
    }
    defer { server.stop() }
    let source = try Sources.reporting(server)
    #expect(try await source.page(SourceScenario.window, after: nil).rows.count == 1)
    #expect(server.requests.map { $0.target.contains("&$orderby=Received%20asc") } == [true, false])
    _ = try await source.page(SourceScenario.window, after: nil)
    #expect(server.requests.map { $0.target.contains("$orderby") } == [true, false, false], "asked once only")
    let fresh = try Sources.reporting(server)
    let terms = QueryTerms(values: [.sender: "s@x.test"])
    await #expect(throws: Failure.self) {
      try await fresh.page(SourceScenario.window, matching: terms, after: nil)
    }
    #expect(
      server.requests.map { $0.target.contains("&$orderby=Received%20desc") } == [false, false, false, true, false])
  }

  @Test("an Entra app asks for a token of Exchange Online")
  func entra() async throws {
    let server = try ScriptedServer { request, _ in
      request.method == "POST" ? .answer(Bodies.token) : .answer(#"{"d":[]}"#)
    }
    defer { server.stop() }
    let source = try ReportingSource(
      endpoint: server.base,
      credential: .clientSecret(tenant: "t", clientID: "c", secret: Secret("s"), authority: server.base),
      time: ManualClock().source, log: .silent)
    _ = try await source.page(SourceScenario.window, after: nil)
    #expect(server.requests.first?.text.contains("scope=https%3A%2F%2Foutlook.office365.com%2F.default") == true)
    #expect(server.requests.last?.header("authorization") == "Bearer t0ken")
  }

  @Test(
    "all four shapes are told apart by what they are",
    arguments: [
      #"{"d":{"results":[{"Index":0},{"Index":1}],"__next":"MessageTrace?$skiptoken=1"}}"#,
      #"{"odata.metadata":"m","value":[{"Index":0},{"Index":1}],"odata.nextLink":"MessageTrace?$skiptoken=1"}"#,
      "<feed xmlns:d='d' xmlns:m='m'><entry><content><m:properties><d:Index m:type='Edm.Int32'>0</d:Index></m:properties>"
        + "</content></entry><entry><content><m:properties><d:Index m:type='Edm.Int32'>1</d:Index></m:properties></content>"
        + "</entry><link rel='next' href='MessageTrace?$skiptoken=1'/></feed>",
    ])
  func shapes(_ body: String) async throws {
    let server = try ScriptedServer { _, _ in .answer(body, type: nil) }
    defer { server.stop() }
    let page = try await (Sources.reporting(server)).page(SourceScenario.window, after: nil)
    #expect(page.texts == [#"{"Index":0}"#, #"{"Index":1}"#])
    #expect(page.next == PageCursor(link: "MessageTrace?$skiptoken=1"))
  }

  @Test(
    "P21 a full page without a link is followed by the position after its last row, a short or empty one is the last",
    arguments: [(0, 1), (2, 1), (3, 2), (6, 3), (7, 3)])
  func position(_ count: Int, _ requests: Int) async throws {
    let server = try ScriptedServer { request, _ in
      let address = WebAddress("http://127.0.0.1" + request.target)
      let start = address.flatMap(ReportingPaging.token).map { $0 + 1 } ?? 0
      let rows = (start..<max(start, min(start + 3, count))).map { #"{"Index":\#($0)}"# }
      return .answer(#"{"d":[\#(rows.joined(separator: ","))]}"#)
    }
    defer { server.stop() }
    let source = try Sources.reporting(server, pageSize: 3)
    var texts: [String] = []
    var cursor: PageCursor?
    repeat {
      let page = try await source.page(SourceScenario.window, after: cursor)
      texts += page.texts
      cursor = page.next
    } while cursor != nil
    #expect(texts == (0..<count).map { #"{"Index":\#($0)}"# })
    #expect(server.requests.count == requests)
    #expect(server.requests.allSatisfy { $0.target.contains("$top=3") && $0.target.contains("$filter=") })
  }

  @Test("a window beyond the service's cap is halved without asking, and after the service's own 500")
  func cap() async throws {
    let server = try ScriptedServer { _, _ in .answer("{}", status: 500) }
    defer { server.stop() }
    let source = try Sources.reporting(server)
    await #expect {
      try await source.page(SourceScenario.window, after: PageCursor(link: "MessageTrace?$skiptoken=999999"))
    } throws: { error in
      (error as? Failure)?.recovery == .smallerWindow
    }
    #expect(server.requests.isEmpty)
  }

  @Test(
    "the samples of real answers are read with all their rows and links",
    arguments: [
      ("rws_messagetrace_jsonlight_elastic_page0.json", 2, true),
      ("rws_messagetrace_jsonlight_elastic_page1.json", 1, false),
      ("rws_messagetrace_jsonlight_empty.json", 0, false), ("rws_messagetrace_verbose_sekoia_docs.json", 1, false),
    ])
  func samples(_ file: String, _ rows: Int, _ isFull: Bool) async throws {
    let body = try Samples.bytes(file)
    let server = try ScriptedServer { _, _ in .answer(body) }
    defer { server.stop() }
    let page = try await (Sources.reporting(server, pageSize: 2)).page(SourceScenario.window, after: nil)
    #expect(page.rows.count == rows)
    #expect((page.next != nil) == isFull)
  }
}
