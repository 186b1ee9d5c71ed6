// What is special in Graph: generations, broken beta links, messages with thousands of recipients.

import HTTPTransport
import IntakeCore
import IntakeTesting
import Testing

@testable import Collector

@Suite("Graph's variants", .serialized)
struct GraphVariantTests {
  @Test(
    "each generation has its own path",
    arguments: [
      (GraphVersion.v1, "/v1.0/admin/exchange/tracing/messageTraces?"),
      (.beta, "/beta/admin/exchange/tracing/messageTraces?"), (.beta2021, "/beta/admin/exchange/messageTraces?"),
    ])
  func paths(_ version: GraphVersion, _ path: String) async throws {
    let server = try ScriptedServer { request, _ in
      request.method == "POST" ? .answer(Bodies.token) : .answer(#"{"value":[]}"#)
    }
    defer { server.stop() }
    _ = try await (Sources.graph(server, version: version)).page(SourceScenario.window, after: nil)
    let target = try #require(server.requests.last?.target)
    #expect(target.hasPrefix(path))
    #expect(target.hasSuffix("&$expand=recipients") == (version == .beta2021))
  }

  @Test("the 2021 document's fourth example is sent as written: several recipients in one condition")
  func recipients() async throws {
    let server = try ScriptedServer { request, _ in
      request.method == "POST" ? .answer(Bodies.token) : .answer(#"{"value":[]}"#)
    }
    defer { server.stop() }
    let filter = QueryFilter([.recipient: ["user2@contoso.com", "user3@contoso.com"]])
    let source = try Sources.graph(server, version: .beta2021)
    let window = SourceScenario.window
    _ = try await QuerySearch(source: source, filter: filter, start: window.start, end: window.end).run()
    let target = try #require(server.requests.last?.target)
    let decoded = String(decoding: try #require(PercentEncoding.decode(target)), as: UTF8.self)
    #expect(
      decoded.hasSuffix("&$expand=recipients($filter=recipientEmail in ('user2@contoso.com', 'user3@contoso.com'))"))
  }

  @Test("the draft's own permission is enough for it, and only for it")
  func permission() throws {
    let payload = Base64.encodeForURL(
      Array(#"{"aud":"https://graph.microsoft.com","roles":["MessageTrace.Read.All"]}"#.utf8))
    let claims = try #require(TokenClaims(Secret("e30.\(payload).x")))
    let resource = "https://graph.microsoft.com"
    #expect(TokenExpectation.graph(resource, isDraft: true).problems(claims).isEmpty)
    #expect(TokenExpectation.graph(resource).problems(claims).count == 1)
  }

  @Test("the draft's doubtful next link, with raw spaces and a doubled question mark, is followed")
  func draftLink() async throws {
    let body = try Samples.bytes("graph_gen1_2021_list_range_expand_recipients_filter.json")
    let link = try #require(try Envelope(body)?.next)
    let address = try #require(WebAddress("https://graph.microsoft.com/beta/admin/exchange/messageTraces"))
    let next = try Endpoint(address: address).address(behind: PageCursor(link: link))
    #expect(next.text.hasSuffix("&$skiptoken=8w1xSSxJDEhMT7UyAgA%253d"))
    #expect(!next.text.contains(" "))
  }

  private static let quoted =
    #"{"StartDate":"\"2026-03-26T15:43:20.2718704Z\"","StartingRecipientAddress":"\"u@x.test\"","ResultSize":"1000"}"#

  @Test("beta: doubly quoted values in a token are unquoted once")
  func skipToken() throws {
    let token = PercentEncoding.encode(Base64.encodeForURL(Array(Self.quoted.utf8)))
    let address = try #require(WebAddress("https://h.test/a?$filter=x%20y&$skiptoken=\(token)&$top=1"))
    let repaired = try #require(SkipToken.repaired(address))
    let text = try #require(
      repaired.parameter("$skiptoken").flatMap { Base64.decode(String(decoding: $0, as: UTF8.self)) })
    #expect(
      String(decoding: text, as: UTF8.self)
        == #"{"StartDate":"2026-03-26T15:43:20.2718704Z","StartingRecipientAddress":"u@x.test","ResultSize":"1000"}"#)
    #expect(repaired.text.hasPrefix("https://h.test/a?$filter=x%20y&$top=1&$skiptoken="))
  }

  @Test(
    "beta: any other token stays byte for byte",
    arguments: [
      "", "$skiptoken=abc", "$skiptoken=%253d", "$skiptoken=e30", "$skiptoken=eyJhIjoiYiJ9", "$skiptoken",
    ])
  func otherToken(_ query: String) throws {
    #expect(SkipToken.repaired(try #require(WebAddress("https://h.test/a?\(query)"))) == nil)
  }

  private static func rows(_ count: Int, id: String, from start: Int = 0, at second: Int = 1) -> [String] {
    (start..<(start + count)).map {
      #"{"id":"\#(id)","recipientAddress":"r\#($0)@x.test","receivedDateTime":"2026-03-02T08:00:0\#(second).5Z"}"#
    }
  }

  private static func body(_ rows: [String], next: String? = nil) -> String {
    #"{"value":[\#(rows.joined(separator: ","))]\#(next.map { #","@odata.nextLink":"\#($0)""# } ?? "")}"#
  }

  @Test("a message with a thousand rows is read again by its id, and the recipients that were missing are added")
  func crowded() async throws {
    let server = try ScriptedServer { request, _ in
      if request.method == "POST" { return .answer(Bodies.token) }
      guard request.target.contains("id%20eq") else {
        return .answer(Self.body(Self.rows(1_000, id: "a-1") + Self.rows(1, id: "b", at: 0)))
      }
      return request.target.contains("more")
        ? .answer(Self.body(Self.rows(7, id: "a-1", from: 1_000)))
        : .answer(Self.body(Self.rows(1_000, id: "a-1"), next: "?x=id%20eq&more"))
    }
    defer { server.stop() }
    let page = try await (Sources.graph(server)).page(SourceScenario.window, after: nil)
    #expect(page.rows.count == 1_008)
    #expect(Set(page.texts).count == 1_008)
    #expect(page.next == nil)
    #expect(server.requests.count == 4)
    #expect(server.requests[2].target.contains("$filter=id%20eq%20%27a-1%27%20and%20receivedDateTime%20ge"))
  }

  /// Rows of messages on the pages of a window: `a5 b1` is five hundred rows of `a` and then one hundred of `b`, all of one
  /// instant but for messages in capitals, which are older.
  @Test(
    "rows of a message are counted over all pages of a window, and it is read again where its last page is known",
    arguments: [
      (["a9"], [[]]), (["a10"], [["a"]]), (["a5", "a4"], [[], []]), (["a5", "a5"], [[], ["a"]]),
      (["a1 b1", "a9 b9"], [[], ["a", "b"]]), (["a5", "b5", "a5"], [[], [], ["a"]]),
      (["a5", "a5 B1", "B9"], [[], ["a"], ["B"]]), (["a5", "", "a5", ""], [[], [], [], ["a"]]),
      (["b1 a9", "a1 B1", "B2"], [[], ["a"], []]), (["a10", "a10", "B1"], [[], [], ["a"]]),
      (["a5 B1", "a5"], [[], []]),
      (["a2", "a2", "a2", "a2", "a2 B2", "B2"], [[], [], [], [], ["a"], []]),
    ] as [([String], [[String]])])
  func doubt(_ pages: [String], _ crowded: [[String]]) throws {
    var unfinished: LargeRecipientLists.Counts = [:]
    for (number, (text, ids)) in zip(pages, crowded).enumerated() {
      let rows = text.split(separator: " ").flatMap { part in
        let id = String(part.prefix(1))
        return Self.rows((Int(part.dropFirst()) ?? 0) * 100, id: id, at: id == id.uppercased() ? 0 : 1)
      }
      let bytes = Array(Self.body(rows).utf8)
      let next = number + 1 < pages.count ? PageCursor(link: "x") : nil
      let page = Page(bytes: bytes, rows: try #require(try Envelope(bytes)).rows, next: next)
      let lists = LargeRecipientLists(page, after: unfinished)
      #expect(lists.large.map(\.id) == ids)
      unfinished = lists.unfinished
    }
    #expect(unfinished.isEmpty)
  }

  @Test("a cursor is the place that its link says, whatever was counted on the way: loops are seen")
  func samePlace() {
    let cursors: Set<PageCursor> = [
      PageCursor(link: "x"), PageCursor(link: "x", sourceState: 1), PageCursor(link: "y"),
    ]
    #expect(cursors.count == 2)
  }

  @Test(
    "fields are found by their own name at the top level only",
    arguments: [
      (#"{"x":{"id":"no"},"id" : "yes"}"#, "yes"), (#"{"identity":"no","id":"yes"}"#, "yes"), (#"{"id":7}"#, nil),
      (#"["id"]"#, nil), (#"{}"#, nil), (#"{"id":"cut"#, nil), (#"{"a":"\"id\":\"no\""}"#, nil),
    ] as [(String, String?)])
  func fields(_ row: String, _ value: String?) {
    let bytes = Array(row.utf8)
    let range = unsafe RowFields.string("id", of: 0..<bytes.count, in: bytes.span.bytes)
    #expect(range.map { String(decoding: bytes[$0], as: UTF8.self) } == value)
  }

  @Test("the real list of January 2026 is read with all its rows")
  func sample() async throws {
    let body = try Samples.bytes("graph_real_list_2026_01.json")
    let stage = try SourceStage(Dialects.graph) { _, _ in .answer(body) }
    defer { stage.server.stop() }
    #expect(try await stage.page().rows.count == 3)
  }
}
