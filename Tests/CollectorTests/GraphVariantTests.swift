// What is special in Graph: generations, broken beta links, messages with thousands of recipients.

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

  @Test("the draft's doubtful next link, with raw spaces and a doubled question mark, is followed")
  func draftLink() async throws {
    let body = try Samples.bytes("graph_gen1_2021_list_range_expand_recipients_filter.json")
    let link = try #require(try Envelope(body)?.next)
    let address = try #require(WebAddress("https://graph.microsoft.com/beta/admin/exchange/messageTraces"))
    let next = try Collection(address: address).address(behind: PageCursor(link: link))
    #expect(next.text.hasSuffix("&$skiptoken=8w1xSSxJDEhMT7UyAgA%253d"))
    #expect(!next.text.contains(" "))
  }

  private static let quoted =
    #"{"StartDate":"\"2026-03-26T15:43:20.2718704Z\"","StartingRecipientAddress":"\"u@x.test\"","ResultSize":"1000"}"#

  @Test("beta: doubly quoted values in a token are unquoted once")
  func skipToken() throws {
    let token = PercentEncoding.encode(Base64.encode(Array(Self.quoted.utf8)))
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

  private static func rows(_ count: Int, id: String, from start: Int = 0) -> String {
    (start..<(start + count)).map { #"{"id":"\#(id)","recipientAddress":"r\#($0)@x.test"}"# }.joined(separator: ",")
  }

  @Test("a message with a thousand rows is read again by its id, and the recipients that were missing are added")
  func crowded() async throws {
    let server = try ScriptedServer { request, _ in
      if request.method == "POST" { return .answer(Bodies.token) }
      guard request.target.contains("id%20eq") else {
        return .answer(#"{"value":[\#(Self.rows(1_000, id: "a-1")),{"id":"b","recipientAddress":"z"}]}"#)
      }
      return request.target.contains("more")
        ? .answer(#"{"value":[\#(Self.rows(7, id: "a-1", from: 1_000))]}"#)
        : .answer(#"{"value":[\#(Self.rows(1_000, id: "a-1"))],"@odata.nextLink":"?x=id%20eq&more"}"#)
    }
    defer { server.stop() }
    let page = try await (Sources.graph(server)).page(SourceScenario.window, after: nil)
    #expect(page.rows.count == 1_008)
    #expect(Set(page.texts).count == 1_008)
    #expect(page.next == nil)
    #expect(server.requests.count == 4)
    #expect(server.requests[2].target.contains("$filter=id%20eq%20%27a-1%27%20and%20receivedDateTime%20ge"))
  }

  @Test(
    "only crowded messages are read again",
    arguments: [
      (999, 0, false, false, []), (1_000, 0, false, false, ["a"]), (600, 400, true, false, ["a"]),
      (600, 400, false, true, []), (400, 600, false, true, ["b"]), (600, 400, true, true, ["a"]),
      (600, 600, true, true, ["a", "b"]),
      (499, 0, true, true, []),
    ] as [(Int, Int, Bool, Bool, [String])])
  func doubt(_ first: Int, _ second: Int, _ isContinued: Bool, _ hasNext: Bool, _ ids: [String]) throws {
    let parts = [Self.rows(first, id: "a"), Self.rows(second, id: "b")].filter { !$0.isEmpty }
    let bytes = Array(#"{"value":[\#(parts.joined(separator: ","))]}"#.utf8)
    let rows = try #require(try Envelope(bytes)).rows
    let page = Page(bytes: bytes, rows: rows, next: hasNext ? PageCursor(link: "x") : nil)
    #expect(CrowdedMessages.ids(in: page, isContinued: isContinued) == ids)
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
