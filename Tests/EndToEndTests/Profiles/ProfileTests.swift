// Every profile over every shape of row and of details, by the built program. `Golden/SHAPE.in.*` is what a service or an
// export gives, all of them the same message to two recipients, or the same two delivery events to one; `SHAPE.out.txt`
// holds the events of each profile below its name.
// `MESSAGE_TRACE_GOLDEN=write swift test --filter ProfileTests` writes the expectations anew: read the difference.

import Foundation
import IntakeCore
import IntakeTesting
import Testing

/// One shape of input.
struct ShapeCase: Sendable, CustomTestStringConvertible {
  /// What is in it, so that its ids are known from the other shapes.
  enum Content: Sendable { case rows, details, both }

  let file: String
  let content: Content
  var options: [String] = []

  var testDescription: String { file }

  private static let addresses = [
    "--recipient-address", "carol@contoso.com", "--sender-address", "alice@fabrikam.com",
  ]
  private static let dates = ["--date-format", "M/d/yyyy h:mm:ss.fff tt"]

  static let all = [
    ShapeCase(file: "reporting-light.in.json", content: .rows),
    ShapeCase(file: "reporting-verbose.in.json", content: .rows),
    ShapeCase(file: "reporting-atom.in.xml", content: .rows),
    ShapeCase(file: "export-lines.in.ndjson", content: .rows),
    ShapeCase(file: "export-array.in.json", content: .rows),
    ShapeCase(file: "export-csv.in.csv", content: .rows, options: dates),
    ShapeCase(file: "historical.in.csv", content: .rows),
    ShapeCase(file: "graph.in.json", content: .rows),
    ShapeCase(file: "graph-2021.in.json", content: .rows),
    ShapeCase(file: "graph-2021-events.in.json", content: .both),
    ShapeCase(file: "graph-detail.in.json", content: .details, options: addresses),
    ShapeCase(file: "reporting-detail.in.json", content: .details),
    ShapeCase(file: "reporting-detail-atom.in.xml", content: .details),
    ShapeCase(file: "export-detail-csv.in.csv", content: .details, options: dates),
  ]

  static let folder = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Golden").path
}

@Suite struct ProfileTests {
  static let profiles = [["ecs"], ["sekoia"], ["cim"], ["udm-flat"], ["udm-flat", "--nested"], ["raw"]]

  private static let common = [
    "--tenant", "contoso.onmicrosoft.com", "--local-domains", "contoso.com", "--now", "2026-09-21T14:13:20Z",
  ]

  private static func normalise(_ file: String, _ profile: [String], _ more: [String] = []) -> ProcessResult {
    Program.run(["normalise", "\(ShapeCase.folder)/\(file)", "--profile"] + profile + common + more)
  }

  @Test("a shape gives exactly the events that stand beside it, in every profile", arguments: ShapeCase.all)
  func golden(_ shape: ShapeCase) throws {
    var text = ""
    for profile in Self.profiles {
      let outcome = Self.normalise(shape.file, profile, shape.options)
      #expect(outcome.status == 0 && outcome.errors.isEmpty, "\(profile): \(outcome.errors)")
      // The clock goes on from `--now`.
      let output = String(decoding: outcome.output, as: UTF8.self).replacing(
        /2026-09-21T14:[0-9:.]+Z/, with: "2026-09-21T14:13:20.000Z")
      text += "== \(profile.joined(separator: " "))\n\(output)"
      if profile != ["raw"] { Self.expectIDs(outcome.lines, shape.content) }
    }
    let path = "\(ShapeCase.folder)/\(shape.file.components(separatedBy: ".in.")[0]).out.txt"
    if ProcessInfo.processInfo.environment["MESSAGE_TRACE_GOLDEN"] == "write" {
      try Data(text.utf8).write(to: URL(filePath: path))
    }
    let expected = try FileBytes.read(path, purpose: "expectation")
    #expect(text == String(decoding: expected, as: UTF8.self))
  }

  /// SHA-256 over `contoso.onmicrosoft.com LF trace id LF recipient LF status`, and for details LF time LF description.
  private static func expectIDs(_ lines: [String], _ content: ShapeCase.Content) {
    let trace = "contoso.onmicrosoft.com\neaaafa9a-788c-47f0-357c-08de5bf702e0\n"
    let rows = ["bob@contoso.com\ndelivered", "carol@contoso.com\nfilteredAsSpam"]
    let details = [
      "carol@contoso.com\nreceive\n2026-01-25T09:49:29.967Z\nMessage received by: MX1",
      "carol@contoso.com\nfail\n2026-01-25T09:49:31.500Z\nno such user",
    ]
    let expected = (content == .rows ? rows : content == .details ? details : rows + details).map { text in
      SHA256.digest(Array((trace + text).utf8)).prefix(16).map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
    }
    #expect(lines.compactMap { EventID.of($0) }.sorted() == expected.sorted())
  }

  @Test(
    "what no profile can map is refused by all of them, with what to do",
    arguments: [
      ("historical-extended.in.csv", "extended historical search"), ("service-error.in.json", "service error"),
    ])
  func refused(_ file: String, _ reason: String) {
    for profile in Self.profiles {
      let outcome = Self.normalise(file, profile)
      #expect(outcome.status == 65 && outcome.output.isEmpty && outcome.errors.contains(reason), "\(outcome.errors)")
      #expect(outcome.errors.contains("hint: "))
    }
  }

  @Test("nested is refused where the mapping has no objects, and redaction where rows go out as they came")
  func combinations() {
    for profile in ["ecs", "sekoia", "cim", "raw"] {
      let outcome = Self.normalise("graph.in.json", [profile, "--nested"])
      #expect(outcome.status == 78 && outcome.output.isEmpty, "\(profile)")
      #expect(outcome.errors.contains("--nested requires the profile udm-flat"), "\(outcome.errors)")
    }
    let redacted = Self.normalise("graph.in.json", ["raw", "--redact", "subject"])
    #expect(redacted.status == 78 && redacted.output.isEmpty && redacted.errors.contains("excludes the profile raw"))
  }
}
