// The shapes in which rows come, and those that are none.

import Testing

@testable internal import IntakeCore

@Suite struct EnvelopeTests {
  struct Shape: Sendable {
    var text: String
    var rows: Int
    var next: String?
  }

  @Test(
    "every envelope of both services is told apart by itself",
    arguments: [
      Shape(
        text: "{\"d\":{\"results\":[{},{}],\"__next\":\"https://x/y?$skiptoken=1999\"}}", rows: 2,
        next: "https://x/y?$skiptoken=1999"),
      Shape(text: "{\"d\":{\"results\":[]}}", rows: 0),
      Shape(text: "{\"d\":[{}]}", rows: 1),
      Shape(
        text: "{\"odata.metadata\":\"m\",\"value\":[{}],\"odata.nextLink\":\"../../a?b\"}", rows: 1, next: "../../a?b"),
      Shape(
        text: "{\"@odata.context\":\"c\",\"@odata.nextLink\":\"https:\\/\\/g\\/t?a=%253d\",\"value\":[]}", rows: 0,
        next: "https://g/t?a=%253d"),
      Shape(text: "\u{FEFF}{\"value\":[{}],\"@odata.nextLink\":null}", rows: 1),
      Shape(text: "{\"value\":[{}],\"@odata.nextLink\":\"\"}", rows: 1),
      Shape(text: "{\"d\":{\"results\":[{}],\"@odata.nextLink\":\"n\"}}", rows: 1, next: "n"),
    ])
  func shapes(_ shape: Shape) throws {
    let envelope = try #require(try Envelope(Array(shape.text.utf8)))
    #expect(envelope.rows.count == shape.rows)
    #expect(envelope.next == shape.next)
    #expect(!envelope.hasError)
  }

  @Test(
    "whole JSON that is no envelope is said to be none",
    arguments: ["null", "true", "5", "\"x\"", "[]", "{}", "{\"value\":null}", "{\"value\":{}}", "{\"d\":\"x\"}"])
  func none(_ text: String) throws {
    #expect(try Envelope(Array(text.utf8)) == nil)
  }

  @Test(
    "broken or ambiguous answers throw",
    arguments: [
      "{\"value\":[{}]", "{\"value\":[{},]}", "{\"value\":[]}x", "{\"value\":[],\"value\":[]}", "{\"value\":[],}",
      "{\"value\":[],\"@odata.nextLink\":5}", "{\"value\":[],\"@odata.nextLink\":\"a\",\"@odata.nextLink\":\"b\"}", "",
    ])
  func broken(_ text: String) {
    #expect(throws: JSONFault.self) { try Envelope(Array(text.utf8)) }
  }

  @Test("an error inside a 200 is seen")
  func inStreamError() throws {
    let envelope = try #require(try Envelope(Array("{\"value\":[{}],\"error\":{\"code\":\"x\"}}".utf8)))
    #expect(envelope.hasError && envelope.rows.count == 1)
    #expect(try #require(try Envelope(Array("{\"odata.error\":{}}".utf8))).hasError)
  }
}
