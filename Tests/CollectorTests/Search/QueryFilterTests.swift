// Values that break careless quoting, sent through the real URL of each service and read back from the request line.

import IntakeCore
import IntakeTesting
import Testing

@testable import Collector

@Suite("QueryFilter")
struct QueryFilterTests {
  static let awkward = [
    "o'connor@contoso.com", "''@contoso.com", "a+b@contoso.com", "100%@contoso.com", "%27 or 1 eq 1@x",
    "jürgen@größe.de",
    "二@例え.テスト", "<id.1+2%3@host>", "a&b=c#d?e@x.com", "\"a b\"@x.com", "a\\b@x.com", "x;y,z(1)@x.com", "<>",
  ]
  static let window = Window(start: Instant(seconds: 1_770_000_000), end: Instant(seconds: 1_770_003_600))

  @Test("texts reach Graph as they are, in every filter", arguments: awkward)
  func graph(_ value: String) async throws {
    let names: [QueryFilter.Field: String] = [
      .messageID: "messageId", .recipient: "recipientAddress", .sender: "senderAddress",
    ]
    for (field, name) in names {
      let filter = try await Self.graphFilter(QueryTerms(values: [field: value]))
      #expect(filter == "\(name) eq '\(Self.doubled(value))' and \(Self.graphWindow)")
    }
    for (test, name) in [
      (QueryFilter.SubjectTest.contains, "contains"), (.startsWith, "startsWith"), (.endsWith, "endsWith"),
    ] {
      let filter = try await Self.graphFilter(QueryTerms(values: [.subject: value], subjectTest: test))
      #expect(filter == "\(name)(subject,'\(Self.doubled(value))') and \(Self.graphWindow)")
    }
  }

  @Test("texts reach the legacy service as they are, in every filter", arguments: awkward)
  func reporting(_ value: String) async throws {
    let names: [QueryFilter.Field: String] = [
      .messageID: "MessageId", .recipient: "RecipientAddress", .sender: "SenderAddress",
    ]
    for (field, name) in names {
      let filter = try await Self.reportingFilter(QueryTerms(values: [field: value]))
      #expect(filter == "\(Self.reportingWindow) and \(name) eq '\(Self.doubled(value))'")
    }
  }

  @Test("IP addresses, statuses and ids are sent as each service spells them")
  func typed() async throws {
    let terms = QueryTerms(values: [
      .fromIP: "2001:DB8:0:0::1", .toIP: "192.0.2.7", .status: "filteredASspam",
      .traceID: "2E3C0FAC-4669-4E4A-2669-08D5DD529CBE",
    ])
    #expect(
      try await Self.graphFilter(terms)
        == "id eq '2e3c0fac-4669-4e4a-2669-08d5dd529cbe' and fromIP eq '2001:db8::1' and toIP eq '192.0.2.7' and status eq 'filteredAsSpam' and \(Self.graphWindow)"
    )
    #expect(
      try await Self.reportingFilter(terms)
        == "\(Self.reportingWindow) and MessageTraceId eq guid'2e3c0fac-4669-4e4a-2669-08d5dd529cbe' and FromIP eq '2001:db8::1' and ToIP eq '192.0.2.7' and Status eq 'FilteredAsSpam'"
    )
  }

  @Test("recipients reach getDetailsByRecipient as they are", arguments: awkward)
  func details(_ value: String) async throws {
    let server = try Self.server()
    defer { server.stop() }
    let steps = try await Sources.graph(server).details(DetailsKey(traceID: "a-b", recipient: value))
    #expect(steps.isEmpty)
    let target = try #require(server.requests.last?.target)
    let path = "/v1.0/admin/exchange/tracing/messageTraces/a-b/getDetailsByRecipient(recipientAddress='"
    #expect(Self.decoded(target) == "\(path)\(Self.doubled(value))')")
    #expect(!target.contains("+") && !target.contains("?") && !target.contains("#"))
  }

  @Test("recipients and senders reach the legacy service's details as they are", arguments: awkward)
  func reportingDetails(_ value: String) async throws {
    let server = try Self.server()
    defer { server.stop() }
    let key = DetailsKey(
      traceID: "a-b", recipient: value, sender: value, received: Self.window.start + .seconds(3_600))
    #expect(try await Sources.reporting(server).details(key).isEmpty)
    let asked = try #require(Self.filter(in: server))
    let text = Self.doubled(value)
    #expect(
      asked.hasSuffix(
        "MessageTraceId eq guid'a-b' and RecipientAddress eq '\(text)' and SenderAddress eq '\(text)'"))
  }

  @Test("the draft of 2021 is asked by id, with recipients and events expanded")
  func draft() async throws {
    let server = try ScriptedServer { request, _ in
      request.method == "POST" ? .answer(Bodies.token) : .answer(#"{"error":{"code":"x","message":""}}"#, status: 404)
    }
    defer { server.stop() }
    let source = try Sources.graph(server, version: .beta2021)
    let key = DetailsKey(traceID: "2e3c0fac", recipient: "o'connor@contoso.com")
    #expect(try await source.details(key).isEmpty)
    let target = try #require(server.requests.last?.target)
    #expect(
      Self.decoded(target)
        == "/beta/admin/exchange/messageTraces(id='2e3c0fac')?$expand=recipients($filter=recipientEmail eq 'o''connor@contoso.com';$expand=events)"
    )
    let page = try await source.page(
      Self.window, matching: QueryTerms(values: [.traceID: "2e3c0fac"]), after: nil)
    #expect(page.rows.isEmpty)
  }

  @Test("what a service does not filter is not asked of it")
  func capabilities() {
    let graph = { (field, value) in GraphFilter.canFilter(field, value, .endsWith, .v1) }
    #expect(graph(.status, "Recalled") && !graph(.status, "None") && graph(.subject, "x"))
    #expect(graph(.sender, "*@x.com") && !graph(.recipient, "*@x.com") && !graph(.sender, "a*@x.com"))
    #expect(!GraphFilter.canFilter(.subject, "x", .endsWith, .beta))
    #expect(GraphFilter.canFilter(.subject, "x", .startsWith, .beta))
    #expect(!GraphFilter.canFilter(.sender, "a@x.com", .contains, .beta2021))
    #expect(ReportingFilter.canFilter(.status, "none") && !ReportingFilter.canFilter(.status, "Recalled"))
    #expect(!ReportingFilter.canFilter(.subject, "x") && !ReportingFilter.canFilter(.sender, "*@x.com"))
  }

  static let graphWindow =
    "receivedDateTime ge 2026-02-02T02:40:00.000Z and receivedDateTime le 2026-02-02T03:40:00.000Z"
  static let reportingWindow =
    "StartDate eq datetime'2026-02-02T02:40:00.000Z' and EndDate eq datetime'2026-02-02T03:40:00.000Z'"

  private static func server() throws -> ScriptedServer {
    try ScriptedServer { request, _ in request.method == "POST" ? .answer(Bodies.token) : .answer(#"{"value":[]}"#) }
  }

  private static func graphFilter(_ terms: QueryTerms) async throws -> String? {
    let server = try server()
    defer { server.stop() }
    _ = try await Sources.graph(server).page(window, matching: terms, after: nil)
    return filter(in: server)
  }

  private static func reportingFilter(_ terms: QueryTerms) async throws -> String? {
    let server = try server()
    defer { server.stop() }
    let source = try ReportingSource(
      endpoint: "\(server.base)/reporting.svc", credential: .basic(username: "u", password: Secret("p")),
      time: ManualClock().source, log: .silent)
    _ = try await source.page(window, matching: terms, after: nil)
    return filter(in: server)
  }

  /// As a server reads it: cut at `&`, plus signs are spaces, escapes undone.
  private static func filter(in server: ScriptedServer) -> String? {
    let target = server.requests.last?.target ?? ""
    let query = target.split(separator: "?", maxSplits: 1).last ?? ""
    let pair = query.split(separator: "&").first { $0.hasPrefix("$filter=") }
    return pair.map { decoded($0.dropFirst("$filter=".count).map { $0 == "+" ? " " : String($0) }.joined()) }
  }

  private static func decoded(_ text: String) -> String {
    var bytes: [UInt8] = []
    var rest = Array(text.utf8)[...]
    while let byte = rest.popFirst() {
      guard byte == UInt8(ascii: "%") else {
        bytes.append(byte)
        continue
      }
      bytes.append(UInt8(String(decoding: rest.prefix(2), as: UTF8.self), radix: 16) ?? 0)
      rest = rest.dropFirst(2)
    }
    return String(decoding: bytes, as: UTF8.self)
  }

  private static func doubled(_ text: String) -> String { text.map { $0 == "'" ? "''" : String($0) }.joined() }
}
