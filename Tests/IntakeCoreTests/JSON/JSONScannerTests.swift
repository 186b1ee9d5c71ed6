// What is JSON and what is not, by kind: structure, numbers, strings, encodings.

import Testing

@testable internal import IntakeCore

@Suite struct JSONScannerTests {
  static let valid = [
    "{}", "[]", "0", "-0", "1e5", "1E+5", "-12.5e-3", "\"\"", "\"a\\\"b\"", "true", "false", "null", " [ 1 , 2 ] ",
    "{\"a\":{\"b\":[1,{\"c\":null}]}}", "\"\\ud83d\\ude00\"", "\"\u{FEFF}é漢\"", "[[[[[[[[]]]]]]]]",
    "\"0123456789012345678901234567890123456789\\\\\"", "123456789012345678901234567890",
  ]

  static let invalid = [
    "", " ", "{", "[", "\"", "\"\\", "\"\\\"", "{]", "[}", "[1,]", "{\"a\":1,}", "{\"a\"}", "{\"a\":}", "{a:1}",
    "[1 2]",
    "01", "+1", ".5", "1.", "1e", "1e+", "-", "0x1", "NaN", "Infinity", "tru", "nulll", "'a'", "[1]]", "{}{}", "// x",
    ",",
    ":", "[,1]", "{\"a\":1 \"b\":2}", "{\"a\":1,\"a\":2}", "\"\u{01}\"", "\"\\x41\"", "\"\\u12\"",
  ]

  @Test("valid documents parse", arguments: valid)
  func parses(_ text: String) {
    #expect((try? JSONValue(parsing: Array(text.utf8))) != nil)
  }

  @Test("invalid documents are refused", arguments: invalid)
  func refuses(_ text: String) {
    #expect((try? JSONValue(parsing: Array(text.utf8))) == nil)
  }

  @Test("nesting is bounded: 60 is read, 100,000 brackets are refused as a value and passed over in a page")
  func depth() {
    func nested(_ depth: Int) -> [UInt8] {
      Array(repeating: UInt8(ascii: "["), count: depth) + Array(repeating: UInt8(ascii: "]"), count: depth)
    }
    #expect((try? JSONValue(parsing: nested(60))) != nil)
    #expect((try? JSONValue(parsing: nested(100_000))) == nil)
    let deep = nested(100_000)
    var index = 0
    #expect(throws: Never.self) { unsafe try deep.span.bytes.skipLoosely(&index) }
    #expect(index == deep.count)
  }

  @Test("a document cut at any byte is refused, never trapped")
  func cut() {
    let whole = Array("{\"value\":[{\"a\":\"x\\u00e9\",\"b\":-1.5e3},{\"c\":[true,null]}],\"n\":\"é\"}".utf8)
    for length in 0..<whole.count {
      #expect((try? JSONValue(parsing: Array(whole[0..<length]))) == nil)
      #expect((try? Envelope(Array(whole[0..<length]))) == nil)
    }
  }

  @Test("strings round-trip through the writer, lone surrogates become U+FFFD")
  func strings() throws {
    for text in ["", "a\"b\\c/\n\r\t\u{0}\u{1F}\u{7F}\u{85}\u{2028}", "é漢😀", "\u{202E}evil"] {
      #expect(try JSONValue(parsing: Array(JSONText.quoted(text).utf8)).string == text)
    }
    #expect(try JSONValue(parsing: Array("\"a\\ud800b\\udc00\"".utf8)).string == "a\u{FFFD}b\u{FFFD}")
    #expect(try JSONValue(parsing: [0x22, 0xC3, 0x28, 0x22]).string == "\u{FFFD}(")
  }

  @Test("the loose skipper keeps a bad row's borders")
  func loose() throws {
    let bytes = Array("{\"value\":[{\"a\":01},{\"b\":truth},7,\"]}\",null,{\"c\":1}]}".utf8)
    let envelope = try #require(try Envelope(bytes))
    #expect(
      envelope.rows.map { String(decoding: bytes[$0], as: UTF8.self) }
        == ["{\"a\":01}", "{\"b\":truth}", "7", "\"]}\"", "null", "{\"c\":1}"])
  }
}
