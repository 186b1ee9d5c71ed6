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

  /// The JSON in the help's line of a change, as it is written there: the last one, or the one with this number.
  private static func fragment(_ change: String, _ number: Int = 0) throws -> String {
    let lines = MappingHelp.text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
    let first = try #require(lines.firstIndex { $0.hasPrefix("  \(change) ") }, "\(change)")
    let more = lines[(first + 1)...].prefix { $0.hasPrefix("                   ") }
    let text = ([lines[first].dropFirst(change.utf8.count + 2).description] + more).joined(separator: "\n")
    let fragments = text.split(separator: "\n").compactMap { line -> String? in
      guard let start = line.firstIndex(where: { $0 == "{" || $0 == "\"" }),
        let end = line.lastIndex(where: { $0 == "}" || $0 == "]" })
      else { return nil }
      return String(line[start...end])
    }
    return try #require(number < fragments.count ? fragments[number] : nil, "\(change)")
  }

  private static let row =
    #"{"id":"1","recipientAddress":"b@c.example","receivedDateTime":"2026-01-01T00:00:00Z","status":"failed","subject":"Hi"}"#

  /// The event of a row under the mapping graph, changed as the help says.
  private static func event(_ changes: [(String, String)], _ options: [String] = []) throws -> JSONValue {
    let folder = try ScratchFolder()
    let names = try fragment("new names")
    var text = Program.run(["mapping", "show", "graph"]).lines.joined(separator: "\n")
    for (old, new) in changes + [(#""event": ["#, "\(names),\n  \"event\": [")] {
      #expect(text.contains(old), "\(old)")
      text = text.replacing(old, with: new, maxReplacements: 1)
    }
    let file = try folder.write(text, to: "mine.json")
    let valid = Program.run(["mapping", "validate", file])
    #expect(valid.status == 0 && valid.errors.isEmpty, "\(valid.errors)")
    let row = try folder.write(Self.row, to: "row.json")
    let mapped = Program.run(["normalise", row, "--mapping", file] + options)
    #expect(mapped.status == 0, "\(mapped.errors)")
    return try JSONValue(parsing: mapped.output)
  }

  @Test("each change that the help shows does what it says, as it is written there")
  func changes() throws {
    let (before, second) = (try Self.fragment("second field", 0), try Self.fragment("second field", 1))
    let both = try Self.event([(before, second)])
    #expect(both["email.subject"]?.string == "Hi" && both["acme.subject"]?.string == "Hi")

    let renamed = try Self.event([(before, try Self.fragment("rename"))])
    #expect(renamed["email.subject"] == nil && renamed["acme.subject"]?.string == "Hi")

    let deleted = try Self.event([("    \(before),\n", "")])
    #expect(deleted["email.subject"] == nil && deleted["o365.message_trace.subject"]?.string == "Hi")
    let leftOut = try Self.fragment("drop")
    let dropped = try Self.event([("    \(before),\n", ""), (#""leftOut": ["@odata.*"]"#, leftOut)])
    #expect(!dropped.text.contains("Hi"))

    let constant = try Self.event([(before, "\(before),\n    \(try Self.fragment("constant"))")])
    #expect(constant["acme.team"]?.string == "mail")

    let original = try Self.fragment("keep original")
    let without = try Self.event([("    \(original),\n", "")], ["--keep-original"])
    #expect(without["event.original"] == nil)
    let kept = try Self.event([("    \(original),\n", "    \(original),\n")], ["--keep-original"])
    #expect(kept["event.original"]?.string == Self.row)
    #expect(try Self.event([])["event.original"] == nil)
  }

  @Test("lines fit a terminal")
  func width() {
    for line in MappingHelp.text.split(separator: "\n") { #expect(line.utf8.count <= 120, "\(line)") }
  }
}
