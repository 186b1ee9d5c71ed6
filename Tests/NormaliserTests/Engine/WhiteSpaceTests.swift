// White space between tokens changes no event, however it differs from one row to the next. RFC 8259, section 2.

import IntakeCore
import IntakeTesting
import Testing

@testable import Normaliser

@Suite("White space between tokens")
struct WhiteSpaceTests {
  /// Names and values of one row, the values as lists of tokens.
  private typealias Row = [(name: String, value: [String])]

  private static func graph(_ number: Int) -> Row {
    [
      ("id", ["\"trace \(number)\""]), ("receivedDateTime", ["\"2026-01-01T00:00:00Z\""]),
      ("senderAddress", ["\"a , : b@mail.example\""]), ("recipientAddress", ["\"r\(number)@contoso.com\""]),
      ("status", ["\"delivered\""]), ("size", ["\(number)"]), ("fromIP", ["null"]),
      ("further", ["{", "\"a\"", ":", "true", "}"]),
    ]
  }

  private static func reporting(_ number: Int) -> Row {
    [
      ("MessageTraceId", ["\"trace \(number)\""]), ("Received", ["\"2026-01-01T00:00:00\""]),
      ("SenderAddress", ["\"<>\""]), ("RecipientAddress", ["\"r\(number)@contoso.com\""]),
      ("Status", ["\"FilteredAsSpam\""]), ("Size", ["\(number)"]), ("StartDate", ["null"]),
      ("Further", ["[", "1", ",", "\"b\"", "]"]),
    ]
  }

  /// White space to choose from for each place; without line feeds, a row stays on its line.
  private static let styles = [
    [""], [" "], ["\t"], ["", " ", "\t", " \t ", "\r"], ["", "", " ", "\n", "\r\n\t", "  "],
  ]

  /// The row with white space at each place where it may stand.
  private static func spelled(_ row: Row, _ style: [String], _ random: inout SeededRandom) -> String {
    var tokens = ["{"]
    for (index, column) in row.enumerated() {
      if index > 0 { tokens.append(",") }
      tokens += ["\"\(column.name)\"", ":"] + column.value
    }
    return tokens.reduce(into: "") { $0 += $1 + random.pick(style) } + "}"
  }

  private static func rows(_ service: String, _ random: inout SeededRandom) -> [Row] {
    (0..<24).map { number in
      var row = service == "graph" ? graph(number) : reporting(number)
      if random.chance(10) { row.removeFirst() }
      return row
    }
  }

  /// Of all rows in the compact form.
  private static func expected(_ rows: [Row], _ random: inout SeededRandom) throws -> [UInt8] {
    let lines = rows.map { spelled($0, [""], &random) + "\n" }.joined()
    let batch = try TestInput.batch(raw: Array(lines.utf8))
    #expect(batch.failed == 0 && batch.entries.count == rows.count)
    return batch.bytes
  }

  @Test("rows a line, each spaced in its own way", arguments: ["graph", "reporting"], 0..<6)
  func lines(_ service: String, _ seed: Int) throws {
    var random = SeededRandom(seed: UInt64(seed))
    let rows = Self.rows(service, &random)
    let expected = try Self.expected(rows, &random)
    let text = rows.map { Self.spelled($0, random.pick(Array(Self.styles.prefix(4))), &random) + "\n" }.joined()
    for size in [Int.max, 997] {
      let found = try TestInput.batch(raw: Array(text.utf8), pieceSize: size)
      #expect(found.failed == 0 && found.bytes == expected, "pieces of \(size): \(text)")
    }
  }

  @Test("rows of many lines one after the other, and in a page", arguments: ["graph", "reporting"], 0..<6)
  func pages(_ service: String, _ seed: Int) throws {
    var random = SeededRandom(seed: UInt64(100 + seed))
    let rows = Self.rows(service, &random)
    let expected = try Self.expected(rows, &random)
    let spaced = rows.map { Self.spelled($0, random.pick(Self.styles), &random) }
    let first = Self.spelled(rows[0], ["\n"], &random)
    let documents = ([first] + spaced.dropFirst()).joined(separator: random.pick(["", " ", "\n", "\r\n"]))
    #expect(try TestInput.batch(raw: Array(documents.utf8)).bytes == expected, "\(documents)")
    let space = random.pick(["", " ", "\n\t"])
    let list = spaced.joined(separator: "\(space),\(space)")
    let page = "\(space){\(space)\"value\"\(space):\(space)[\(space)\(list)\(space)]\(space)}\(space)"
    #expect(try TestInput.batch(raw: Array(page.utf8)).bytes == expected, "\(page)")
    let collected = try TestInput.batch(try TestInput.page(Array(page.utf8)), mapping: service)
    #expect(collected.failed == 0 && collected.bytes == expected, "\(page)")
  }
}
