// What people get wrong in JSON that they write by hand, and what is said about it.

import Testing

@testable internal import IntakeCore

@Suite struct JSONMistakeTests {
  static let mistakes: [(String, String)] = [
    ("", "line 1, column 1: the file is empty."),
    (" \n\t", "the file is empty."),
    ("{\"a\": 1,\n}", "line 2, column 1: remove the comma before }."),
    ("{\"a\": [1, ]}", "column 11: remove the comma before ]."),
    ("{\"a\": 1\n \"b\": 2}", "line 2, column 2: a comma or colon is missing before \"."),
    ("{\"a\" {}}", "a comma or colon is missing before {."),
    ("{'a': 1}", "column 2: strings must be double-quoted."),
    ("{\"a\": 'x'}", "strings must be double-quoted."),
    ("{ // why\n}", "line 1, column 3: JSON does not allow comments; remove it."),
    ("{\n# why\n}", "line 2, column 1: JSON does not allow comments; remove it."),
    ("{\"é\": True}", "column 7: True is not JSON; write true."),
    ("{\"a\": no}", "no is not JSON; write false."),
    ("{a: 1}", "a must be double-quoted."),
    ("{\"a\": soon}", "soon must be double-quoted."),
    ("{“a”: 1}", "column 2: unexpected “; use straight double quotes."),
    ("{\"a\": 1", "unexpected end: an object, array or string is not closed."),
    ("{\"a\": 1}}", "unexpected data after the closing brace."),
    ("{\"a\": 1, \"a\": 2}", "duplicate key a."),
    ("{,}", "a value or key is missing before the comma."),
    ("{\"a\": \u{7}}", "unexpected \\u{7}."),
  ]

  @Test("each usual mistake is named, with its line and column", arguments: mistakes)
  func named(_ text: String, _ sentence: String) {
    let bytes = Array(text.utf8)
    let fault = #expect(throws: JSONFault.self) { try JSONValue(parsing: bytes) }
    let said = fault?.sentence(in: bytes) ?? ""
    #expect(said.hasSuffix(sentence), "\(said)")
  }

  @Test("UTF-16, with a mark or without, is told as such")
  func wide() {
    let marked: [UInt8] = [0xFF, 0xFE, 0x7B, 0, 0x7D, 0]
    let unmarked: [UInt8] = [0, 0x7B, 0, 0x7D]
    for bytes in [marked, unmarked] {
      let fault = #expect(throws: JSONFault.self) { try JSONValue(parsing: bytes) }
      #expect(fault?.sentence(in: bytes).contains("UTF-16") == true)
    }
  }

  @Test("a fault that names a place outside of the text harms nobody", arguments: [-5, 3, 99])
  func outside(_ offset: Int) {
    #expect(JSONFault(offset, .unexpectedByte).sentence(in: Array("{}".utf8)).hasPrefix("line 1, column "))
  }
}
