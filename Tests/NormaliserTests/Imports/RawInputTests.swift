// What `normalise` makes of files: shapes told apart by content, pieces of any size, refusals that name what was seen.

import IntakeCore
import Testing

@testable import Normaliser

@Suite("Raw input")
struct RawInputTests {
  @Test(
    "pieces of any size give the same events as the whole file",
    arguments: GoldenCase.all.filter { $0.mapping == "raw" })
  func pieces(_ golden: GoldenCase) throws {
    let bytes = try #require(golden.bytes(golden.file))
    let (settings, format) = (try golden.settings(), try golden.dateFormat())
    let whole = try TestInput.batch(raw: bytes, settings: settings, dateFormat: format)
    #expect(!whole.entries.isEmpty || golden.stem.contains("empty"))
    for size in [1, 7, 64, 1_000] {
      let pieces = try TestInput.batch(raw: bytes, settings: settings, dateFormat: format, pieceSize: size)
      #expect(pieces.bytes == whole.bytes, "pieces of \(size)")
    }
  }

  @Test(
    "a file that holds no rows is refused with what it holds",
    arguments: [
      ("", "it is empty"), (" \n", "it is empty"), ("<html></html>", "XML or HTML"),
      (#"{"error":{"code":"x","message":"y"}}"#, "a service error instead of rows"),
      (#"{"a":1,"b":2}"#, "found a, b"), ("{}", "found no columns"), ("[1,2]", "not JSON objects"),
      (#"{"value":[{"x":1}]}"#, "found x"), ("name,size\na,1\n", "found name, size"), ("null", "found null"),
      ("date_time_utc,event_id\n1,2\n", "extended historical search"),
      ("date_time_utc,recipient_address,recipient_status\n1,2,3\n", "extended historical search"),
      ("PK\u{3}\u{4}\u{14}", "zip archive"), ("a\u{0}\u{0}\u{0}\n", "NUL bytes"),
      ("[\n{\"id\":\"a\"\n", "unexpected end"),
      ("{\n\"value\":[}\n", "unexpected character"),
      ("Received,MessageTraceId\n3/2/2026 8:15:07 AM,x\n", "ambiguous dates"),
      ("Received,MessageTraceId\n02.03.2026,x\n", "ambiguous dates"),
    ])
  func refusal(_ text: String, _ reason: String) throws {
    let failure = try #require(throws: Failure.self) { try RawInput.pages(Array(text.utf8), file: "some.file") }
    #expect(failure.exit == .badData)
    #expect(failure.sentence.contains("some.file"))
    #expect(failure.sentence.contains(reason), "\(failure.sentence)")
    #expect(failure.hint != nil)
  }

  @Test("a compressed file is refused with the way to unpack it")
  func compressed() throws {
    let failure = try #require(throws: Failure.self) { try RawInput.pages([0x1F, 0x8B, 8, 0, 0, 0], file: "f.gz") }
    #expect(failure.sentence.contains("gzip"))
    #expect(failure.hint?.contains("gzip -dc") == true)
  }

  @Test("a CSV record with more cells than the header leaves as an error event, its neighbors as they are")
  func manyCells() throws {
    let text = """
      Received,RecipientAddress,Status,MessageTraceId
      2026-01-01T00:00:00Z,a@b.example,Delivered,1
      2026-01-01T00:00:00Z,a@b.example,Delivered, or so,2
      2026-01-01T00:00:00Z,a@b.example,Delivered,3,
      2026-01-01T00:00:00Z,a@b.example,Delivered

      """
    let batch = try TestInput.batch(raw: Array(text.utf8))
    let events = try TestInput.lines(batch).map { try JSONValue(parsing: $0) }
    #expect(events.map { $0["event.kind"]?.string } == ["event", "pipeline_error", "event", "event"])
    #expect(events[1]["event.original"]?.string?.contains(" or so") == true)
    #expect(events[1]["error.message"]?.string?.contains("more cells") == true)
    #expect(events[2]["email.local_id"]?.string == "3")
    #expect(events[3]["email.local_id"] == nil)
  }

  @Test("UTF-16BE and a date format that is none are refused")
  func refusedSettings() throws {
    #expect(throws: Failure.self) { try RawInput.pages([0xFE, 0xFF, 0, 0x7B], file: "f") }
    let failure = try #require(throws: Failure.self) {
      try RawInput.pages(Array("Received\n".utf8), file: "f", options: RawOptions(dateFormat: "M/d/q"))
    }
    #expect(failure.exit == .usage)
  }

  @Test(
    "a date format reads exactly what it says",
    arguments: [
      ("M/d/yyyy h:mm:ss tt", "3/2/2026 8:15:07 AM", "2026-03-02T08:15:07.000Z"),
      ("M/d/yyyy h:mm:ss tt", "12/31/2026 12:00:00 am", "2026-12-31T00:00:00.000Z"),
      ("M/d/yyyy h:mm:ss tt", "12/31/2026 12:00:00 PM", "2026-12-31T12:00:00.000Z"),
      ("dd/MM/yyyy HH:mm:ss", "02/03/2026 08:15:07", "2026-03-02T08:15:07.000Z"),
      ("dd.MM.yyyy HH:mm", "02.03.2026 09:05", "2026-03-02T09:05:00.000Z"),
      ("dd.MM.yyyy HH:mm", "30.02.2026 09:05", nil), ("dd.MM.yyyy HH:mm", "2.3.2026 9:05", nil),
      ("M/d/yyyy", "13/1/2026", nil), ("M/d/yyyy h:mm tt", "1/1/2026 13:00 PM", nil), ("M/d/yyyy", "1/1/2026x", nil),
    ])
  func dates(_ pattern: String, _ text: String, _ expected: String?) throws {
    let pattern = try #require(DatePattern(pattern))
    #expect(pattern.parse(Array(text.utf8)).map { Timestamp.text($0) } == expected)
  }
}
