// `normalise` on files in which something is wrong: what it says on stderr, how it ends, and that its counts add up.

internal import IntakeCore
internal import IntakeTesting
import Testing

@Suite(.ownThreads) struct NormaliseFaultTests {
  private static let header = "Received,SenderAddress,RecipientAddress,Subject,Status,MessageTraceId\n"

  private static func record(_ id: Int, _ trace: String? = nil) -> String {
    "2026-01-01T00:00:00Z,a@x.example,b\(id)@contoso.com,s,Delivered,\(trace ?? "id\(id)")\n"
  }

  @Test("an unclosed quote in an export is named by its line; its row and those behind it come out")
  func quote() throws {
    let folder = try ScratchFolder()
    let text = Self.header + Self.record(1) + "\n" + Self.record(2, "\"id2") + Self.record(3) + Self.record(4)
    let result = Program.run(["normalise", try folder.write(text, to: "export.csv")])
    #expect(result.status == 0 && result.lines.count == 4, "\(result.lines)")
    #expect(result.errors.contains("warning: ") && result.errors.contains("the quote that line 4 opens"))
    #expect(result.errors.contains("4 rows, 3 mapped, 1 could not be mapped"), "\(result.errors)")
    let alone = Program.run(["normalise", try folder.write(Self.header + Self.record(2, "\"id2"), to: "one.csv")])
    #expect(alone.status == 65 && alone.lines.count == 1 && alone.errors.contains("line 2"), "\(alone.errors)")
  }

  @Test("an export of CR lines is read, and one without a row is refused")
  func lineEnds() throws {
    let folder = try ScratchFolder()
    let text = (Self.header + Self.record(1) + Self.record(2)).replacing("\n", with: "\r")
    let result = Program.run(["normalise", try folder.write(text, to: "mac.csv")])
    #expect(result.status == 0 && result.lines.count == 2, "\(result.errors)")
    for empty in [Self.header, "#TYPE x\n", Self.header.replacing("\n", with: "\r")] {
      let refused = Program.run(["normalise", try folder.write(empty, to: "empty.csv")])
      #expect(refused.status == 65 && refused.errors.contains("it has no row"), "\(refused.errors)")
    }
  }

  @Test("a date format with a part in two places is refused")
  func dateFormat() throws {
    let folder = try ScratchFolder()
    let text = Self.header + Self.record(1).replacing("2026-01-01T00:00:00Z", with: "11/20/2026 10:05")
    let file = try folder.write(text, to: "export.csv")
    let refused = Program.run(["normalise", file, "--date-format", "M/d/yyyy H:MM"])
    #expect(refused.status == 64 && refused.lines.isEmpty && refused.errors.contains("each once"), "\(refused.errors)")
    #expect(Program.run(["normalise", file, "--date-format", "M/d/yyyy H:mm"]).status == 0)
  }

  @Test("an answer that has an error or a next link is warned of, once")
  func answers() throws {
    let folder = try ScratchFolder()
    let row =
      #"{"id":"a","recipientAddress":"r@x.example","status":"delivered","receivedDateTime":"2026-01-01T00:00:00Z"}"#
    let next = #"{"value":[\#(row)],"@odata.nextLink":"https://graph.microsoft.com/next"}"#
    let error = #"{"value":[\#(row)],"error":{"code":"x","message":"y"}}"#
    for (text, word) in [(next, "next link"), (error, "has an error"), ("\(next)\n\(next)\n", "next link")] {
      let result = Program.run(["normalise", try folder.write(text, to: "answer")])
      #expect(result.status == 0 && !result.lines.isEmpty)
      let warnings = result.errors.split(separator: "\n").filter { $0.hasPrefix("warning: ") }
      #expect(warnings.count == 1 && warnings.first?.contains(word) == true, "\(result.errors)")
    }
    let quiet = Program.run(["normalise", try folder.write(#"{"value":[\#(row)]}"#, to: "answer")])
    #expect(quiet.status == 0 && quiet.errors.isEmpty, "\(quiet.errors)")
  }

  @Test("every row of a file with all kinds of faults is in one of the summary's counts")
  func counts() throws {
    let folder = try ScratchFolder()
    let good = #""receivedDateTime":"2026-01-01T00:00:00Z","status":"failed""#
    let rows = [
      #"{"id":"a","recipientAddress":"r@x",\#(good)}"#, #"{"id":"a","recipientAddress":"r@x",\#(good)}"#,
      #"{"id": "b","recipientAddress": "r@x",\#(good)}"#, #"{"id":"c",\#(good)}"#, #"{\#(good)}"#,
      #"{"id":"d","recipientAddress":"r@x","status":"failed"}"#,
      #"{"id":"e","recipientAddress":"r@x","receivedDateTime":"yesterday"}"#, #"{"status":"failed","subject":"x"}"#,
      #"{"id":"f","recipientAddress":"r\ud800@x",\#(good)}"#, #"{"id":"g\ud800","recipientAddress":[1],\#(good)}"#,
      #"{"id":"h","recipientAddress":"r@x","subject":"\x",\#(good)}"#, #"{"id":"i","recipientAddress":"r@x",\#(good)"#,
      "{}", "[]", "7", "broken", #"{"id":"j"} {"id":"k"}"#, #"{"id":"l","recipientAddress":"r@x",\#(good)}}"#,
    ]
    let lines = Program.run(["normalise", try folder.write(rows.joined(separator: "\n") + "\n\n", to: "rows")])
    let csv = [Self.record(1), Self.record(2, "\"open"), Self.record(3, "id3,more"), ",,,,,\n", Self.record(4)]
    let files = [(lines, rows.count - 1), (try Self.normalise(Self.header + csv.joined(), folder), csv.count)]
    for (result, count) in files {
      let events = try result.lines.map { try JSONValue(parsing: Array($0.utf8)) }
      #expect(events.count == count, "\(result.lines)")
      let good = events.filter { $0["event.kind"]?.string == "event" }
      func tagged(_ tags: String...) -> Int {
        good.count { event in event["tags"]?.array?.contains { tags.contains($0.string ?? "") } == true }
      }
      let expected = [
        (events.count, "rows"), (good.count, "mapped"), (events.count - good.count, "could not be mapped"),
        (tagged("weak_identity"), "without trace id or recipient"),
        (tagged("lone_surrogate", "invalid_utf8"), "with invalid encoding"),
        (tagged("no_timestamp", "invalid_timestamp"), "without a time that can be read"),
      ]
      let text = expected.filter { $0.0 > 0 }.map { "\($0.0) \($0.1)" }.joined(separator: ", ")
      #expect(result.errors.split(separator: "\n").last.map(String.init) == text, "\(result.errors)")
    }
  }

  private static func normalise(_ text: String, _ folder: ScratchFolder) throws -> ProcessResult {
    Program.run(["normalise", try folder.write(text, to: "export.csv")])
  }
}
