// The example mapping in the help is valid and maps rows.

import IntakeCore
import IntakeTesting
import Testing

@testable import message_trace

@Suite(.ownThreads) struct MappingHelpTests {
  /// The mapping file in the help text.
  private static func example() -> String {
    let lines = MappingHelp.text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
    guard let first = lines.firstIndex(of: "  {"), let last = lines.firstIndex(of: "  }") else { return "" }
    return lines[first...last].joined(separator: "\n")
  }

  @Test("the mapping in the help is valid and maps a row as described")
  func whole() throws {
    let folder = try ScratchFolder()
    let file = try folder.write(Self.example(), to: "mine.json")
    let outcome = Program.run(["mapping", "validate", file])
    #expect(outcome.status == 0, "\(outcome.errors)")
    let row = try folder.write(
      #"{"id":"1","recipientAddress":"b@c.example","senderAddress":"a@b.example","receivedDateTime":"2026-01-01T00:00:00Z","status":"failed","fromIP":"none","size":5}"#,
      to: "row.json")
    let mapped = Program.run(["normalise", row, "--mapping", file])
    #expect(mapped.status == 0, "\(mapped.errors)")
    let event = try JSONValue(parsing: mapped.output)
    #expect(event["acme.kind"]?.string == "mail")
    #expect(event["event.outcome"]?.string == "failure")
    #expect(event["o365.message_trace.from_ip"]?.string == "none")
    #expect(event["o365.message_trace.size"]?.integer == 5)
    #expect(event["related.hosts"]?.array?.compactMap(\.string) == ["b.example", "c.example"])
  }

  @Test("all mistakes of a mapping file are listed at once, each with its line")
  func mistakes() throws {
    let folder = try ScratchFolder()
    let text = Self.example().replacing(#""to": "acme.kind""#, with: #""to": "acme.knd""#)
      .replacing(#""as": "ip""#, with: #""as": "pi""#).replacing(#""lookup": "outcome""#, with: #""lookup": "o""#)
      .replacing(#""others""#, with: #""other""#)
    let outcome = Program.run(["mapping", "validate", try folder.write(text, to: "bad.json")])
    #expect(outcome.status == 78)
    for part in [
      "other: no such setting (did you mean others?)",
      "line 16, event[2].to: acme.knd: no such field (did you mean acme.kind?)",
      "line 18, event[4].lookup: unknown lookup", "line 19, event[5].as: pi must be one of",
    ] {
      #expect(outcome.errors.contains(part), "\(part) in \(outcome.errors)")
    }
  }

  @Test("lines fit a terminal")
  func width() {
    for line in MappingHelp.text.split(separator: "\n") { #expect(line.utf8.count <= 120, "\(line)") }
  }
}
