// Rows found by the columns of the row before stand where they are found by structure alone, and so do their values.

import Testing

@testable internal import IntakeCore

@Suite struct RowCellsTests {
  private static let values = [
    #""text""#, #""""#, #""\u0041""#, #""é""#, "\"\u{7F}\"", #""a\"b""#, "0", "12", "007", "-1", "1.5", "1e5", "null",
    "nul",
    "true", "false", "[1]", #"{"c":"d"}"#, #""abcdefgh""#, #""abcdefghi""#, "\"tab\tinside\"", "nulls",
  ]

  /// Of these only whole numbers and the following may be known.
  private static let plain = [#""text""#, #""""#, #""abcdefgh""#, #""abcdefghi""#, #""x""#, #""y""#, "null"]

  private static func row(_ a: String, _ b: String, _ separator: String = ",") -> String {
    #"{"a":\#(a)\#(separator)"bc" : \#(b)}"#
  }

  private static var rows: [String] {
    var rows = [row(#""x""#, "1")]
    for value in values { rows += [row(value, "2"), row("3", value), row(value, value, " , ")] }
    return rows + ["{}", "[]", "1", #"{"bc":1,"a":2}"#, #"{"a":1}"#, row("1", "2"), row("4", #""y""#)]
  }

  /// The members of an object as the scanner finds them.
  private static func members(_ span: RawSpan, _ row: Range<Int>) throws -> [(name: Range<Int>, value: Range<Int>)] {
    var found: [(name: Range<Int>, value: Range<Int>)] = []
    var index = row.lowerBound
    try span.forEachMember(&index) { name, index throws(JSONFault) in
      let start = index
      try span.skipLoosely(&index)
      found.append((name, start..<index))
    }
    return found
  }

  @Test("rows of any kind stand where they are written, and known values where the scanner finds them")
  func places() throws {
    let bytes = Array(#"{"value":[\#(Self.rows.joined(separator: " ,\n"))]}"#.utf8)
    let envelope = try #require(try Envelope(bytes))
    #expect(envelope.rows.map { String(decoding: bytes[$0], as: UTF8.self) } == Self.rows)
    #expect(envelope.cells.count == Self.rows.count)
    let span = unsafe bytes.span.bytes
    var known = 0
    for (index, range) in envelope.rows.enumerated() {
      guard let first = envelope.cells.first(index, range) else { continue }
      known += 1
      let members = try Self.members(span, range)
      #expect(members.count == envelope.cells.names.count)
      for (column, member) in members.enumerated() {
        let place = envelope.cells.places[(first + 2 * column)...].prefix(2).map { Int($0) }
        #expect(place == [member.value.lowerBound, member.value.upperBound], "\(Self.rows[index])")
        let name = bytes[envelope.cells.names[column]]
        #expect(name.elementsEqual(bytes[member.name]))
        let text = String(decoding: bytes[member.value], as: UTF8.self)
        #expect(Self.plain.contains(text) || Int(text) != nil, "\(text)")
        #expect(text.first != "0" || text == "0")
      }
    }
    #expect(known > 20)
  }

  @Test("places are given for the row that was looked at, and for no other")
  func others() throws {
    let text = #"{"value":[{"a":"1"},{"a":"2"},{"b":"3"}]}"# + String(repeating: " ", count: 32)
    let bytes = Array(text.utf8)
    let envelope = try #require(try Envelope(bytes))
    let rows = Array(envelope.rows)
    #expect(envelope.cells.first(0, rows[0]) != nil && envelope.cells.first(1, rows[1]) != nil)
    #expect(envelope.cells.first(0, rows[1]) == nil)
    #expect(envelope.cells.first(1, rows[1].lowerBound..<(rows[1].upperBound + 1)) == nil)
    #expect(envelope.cells.first(2, rows[2]) == nil)
    #expect(envelope.cells.first(3, rows[2]) == nil)
    #expect(!envelope.cells.haveAll(3))
  }

  @Test("a row that is given back leaves no places")
  func removed() {
    let bytes = Array((#"{"a":"1"}{"a":"2"}"# + String(repeating: " ", count: 40)).utf8)
    let span = unsafe bytes.span.bytes
    var (template, cells) = (RowTemplate(), RowCells())
    template.learn(span, 0..<9)
    #expect(template.end(of: 0, in: span, &cells) == 9)
    cells.removeLast()
    #expect(cells.count == 0)
    #expect(template.end(of: 9, in: span, &cells) == 18)
    #expect(cells.first(0, 9..<18) != nil && cells.haveAll(1))
  }
}
