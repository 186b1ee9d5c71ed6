// `normalise`, `verify` and `mapping` on stored rows, by the built program.

internal import IntakeCore
internal import IntakeTesting
import Testing

@Suite(.ownThreads) struct StoredRowsTests {
  private static let row =
    #"{"id":"a","recipientAddress":"r@x.example","status":"delivered","receivedDateTime":"2026-01-01T00:00:00Z"}"#

  @Test("normalise says what was wrong with the rows, and fails where no event can be used")
  func summary() throws {
    let folder = try ScratchFolder()
    let good = try folder.write(Self.row, to: "good")
    let undated = try folder.write(#"{"id":"a","recipientAddress":"r","receivedDateTime":"yesterday"}"#, to: "undated")
    let quiet = Program.run(["normalise", good])
    #expect(quiet.status == 0 && quiet.errors.isEmpty)
    let useless = Program.run(["normalise", undated])
    #expect(useless.status == 65 && useless.errors.contains("1 without a time that can be read"))
    let mixed = Program.run(["normalise", good, undated])
    #expect(mixed.status == 0 && mixed.errors.contains("2 rows, 1 without a time that can be read"))
  }

  @Test("a mapping of another shape is refused, not used")
  func shape() throws {
    let folder = try ScratchFolder()
    let details = try folder.write(#"{"id":"a","dateTime":"2026-01-01T00:00:00Z","event":"Fail"}"#, to: "details")
    let outcome = Program.run(["normalise", details, "--mapping", "graph"])
    #expect(outcome.status == 78 && outcome.lines.isEmpty && outcome.errors.contains("graph-detail"))
    for profile in ["ecs", "sekoia", "cim", "udm-flat", "raw"] {
      #expect(Program.run(["normalise", details, "--profile", profile]).status == 0, "\(profile)")
    }
  }

  @Test("raw rows come out as they went in, and verify finds a repeat among them")
  func raw() throws {
    let folder = try ScratchFolder()
    let outcome = Program.run(["normalise", try folder.write(Self.row, to: "row"), "--profile", "raw"])
    #expect(outcome.lines == [Self.row])
    let once = Program.run(["verify", try folder.write(Self.row + "\n", to: "once")])
    #expect(once.status == 0 && once.lines.contains("without event.id    0"))
    let twice = Program.run(["verify", try folder.write(Self.row + "\n" + Self.row + "\n", to: "twice")])
    #expect(twice.status == 65 && twice.lines.contains("repeated event ids  1"))
  }

  @Test("mapping shows both files of ecs, and makes templates with a type for every field")
  func mapping() throws {
    let both = Program.run(["mapping", "show", "ecs"])
    #expect(both.status == 0 && both.lines.contains(#"  "name": "graph","#))
    #expect(both.lines.contains(#"  "name": "reporting","#))
    let elastic = Program.run(["mapping", "template", "elastic"])
    let template = try JSONValue(parsing: Array(elastic.lines.joined(separator: "\n").utf8))
    let types = template["template"]?["mappings"]?["properties"]
    #expect(types?["source.ip"]?["type"]?.string == "ip")
    #expect(types?["@timestamp"]?["type"]?.string == "date")
    #expect(types?["o365.message_trace.size"]?["type"]?.string == "long")
    #expect(Program.run(["mapping", "template", "splunk"]).lines.contains("[message_trace]"))
    #expect(Program.run(["mapping", "template", "other"]).status == 64)
  }
}
