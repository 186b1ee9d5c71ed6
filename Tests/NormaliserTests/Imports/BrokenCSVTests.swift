// CSV exports that are not as RFC 4180 wants them: no row goes without a word.

import IntakeCore
import IntakeTesting
import Testing

@testable import Normaliser

@Suite("Broken CSV exports")
struct BrokenCSVTests {
  private static let header = "Received,SenderAddress,RecipientAddress,Subject,Status,MessageTraceId"

  private static func row(_ id: Int, _ subject: String = "s") -> String {
    "2026-01-01T00:00:00Z,a@x.example,b\(id)@contoso.com,\(subject),Delivered,id\(id)"
  }

  /// The trace id of each event, or "error" and what was kept of the row, for pieces of any size.
  private static func outcome(_ lines: [String], end: String = "\n") throws -> [String] {
    let bytes = Array((lines.joined(separator: end) + end).utf8)
    let whole = try TestInput.batch(raw: bytes)
    for size in [1, 13, 100] {
      #expect(try TestInput.batch(raw: bytes, pieceSize: size).bytes == whole.bytes, "pieces of \(size)")
    }
    return try TestInput.lines(whole).map { line in
      let event = try JSONValue(parsing: line)
      guard event["event.kind"]?.string == "pipeline_error" else { return event["email.local_id"]?.string ?? "none" }
      return "error \(event["event.original"]?.string ?? "")"
    }
  }

  @Test(
    "a quote that is not closed costs its line, never the rows behind it",
    arguments: [
      row(3), row(3, "\"quoted\""), row(3, "\"with, comma and \"\"quotes\"\"\""), row(3, "x\"y"),
      "\"2026-01-01T00:00:00Z\",\"a@x.example\",\"b3@contoso.com\",\"s\",\"Delivered\",\"id3\"",
    ])
  func unclosed(_ follower: String) throws {
    let bad = Self.row(2).replacing("id2", with: "\"id2")
    let found = try Self.outcome([Self.header, Self.row(1), bad, follower, Self.row(4), Self.row(5)])
    try #require(found.count == 5)
    #expect([0, 2, 3, 4].map { found[$0] } == ["id1", "id3", "id4", "id5"])
    #expect(found[1].hasPrefix("error ") && found[1].contains("b2@contoso.com") && !found[1].contains("b3@"))
  }

  @Test("a quote that the last line opens costs that line")
  func last() throws {
    for bad in [Self.row(2, "\"open"), "\"", Self.row(2) + ",\""] {
      let found = try Self.outcome([Self.header, Self.row(1), bad])
      #expect(found.count == 2 && found[0] == "id1" && found[1].hasPrefix("error "), "\(bad): \(found)")
    }
  }

  @Test("texts of several lines stay whole; where such a text is cut off, each of its lines is kept as an error")
  func manyLines() throws {
    let whole = Self.row(2, "\"one\n\n, \"\"two\"\"\nthree\"")
    #expect(try Self.outcome([Self.header, Self.row(1), whole, Self.row(3)]) == ["id1", "id2", "id3"])
    let padded = Self.row(2, "\"one\ntwo\" ")
    #expect(try Self.outcome([Self.header, padded, Self.row(3)]) == ["id2", "id3"])
    let cut = try Self.outcome([Self.header, Self.row(1), "2026-01-01T00:00:00Z,a@x,b@y,\"one", "two", "three"])
    #expect(cut.first == "id1" && cut.count == 4 && cut.dropFirst().allSatisfy { $0.hasPrefix("error ") }, "\(cut)")
  }

  @Test("a quote far from its end is given up at 4 MiB, and the rows behind it are read")
  func far() throws {
    let rows = (3..<40_000).map { Self.row($0, "a subject of some length and no comma in it") }
    let text = ([Self.header, Self.row(1), Self.row(2, "\"open")] + rows).joined(separator: "\n") + "\n"
    var input = RawInput(file: "f")
    let bytes = Array(text.utf8)
    var found = 0
    for start in stride(from: 0, to: bytes.count, by: 1 << 20) {
      let end = min(bytes.count, start + 1 << 20)
      let pages = try input.take(Array(bytes[start..<end]), isLast: end == bytes.count)
      found += pages.reduce(0) { $0 + $1.page.rows.count }
    }
    #expect(bytes.count > 4 << 20)
    #expect(found == rows.count + 2)
  }

  @Test("lines may end in CR alone, CR LF or LF", arguments: ["\r", "\r\n", "\n"])
  func lineEnds(_ end: String) throws {
    let lines = [Self.header, Self.row(1), Self.row(2, "\"a, b\""), "", Self.row(3).replacing("id3", with: "\"id3\"")]
    #expect(try Self.outcome(lines, end: end) == ["id1", "id2", "id3"])
    #expect(try Self.outcome(["#TYPE x"] + lines, end: end) == ["id1", "id2", "id3"])
  }

  @Test("a header whose quote is not closed is refused")
  func header() throws {
    let failure = try #require(throws: Failure.self) {
      try RawInput.pages(Array("Received,\"Status,MessageTraceId\n\(Self.row(1))\n".utf8), file: "f")
    }
    #expect(failure.exit == .badData && failure.sentence.contains("quote"), "\(failure.sentence)")
  }

  @Test(
    "a date format is none where a part stands twice, or hours do not fit together",
    arguments: [
      "M/d/yyyy H:MM", "d/M/d/yyyy", "yyyy-MM-dd yyyy", "M/d/yyyy HH:mm:mm", "M/d/yyyy h:mm", "M/d/yyyy H:mm tt",
      "M/d/yyyy H h:mm tt",
    ])
  func patterns(_ pattern: String) {
    #expect(DatePattern(pattern) == nil)
  }
}
