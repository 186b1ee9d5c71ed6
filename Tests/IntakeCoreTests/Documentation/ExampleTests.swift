// The examples of the documentation: they are what the articles show, and they keep the core's promises.

internal import Glibc
internal import IntakeCore
internal import IntakeTesting
import Testing

@Suite struct ExampleTests {
  static let root = #filePath.split(separator: "/").dropLast(4).reduce("") { "\($0)/\($1)" }

  static func text(_ path: String) throws -> String {
    String(decoding: try FileBytes.read("\(root)/\(path)", purpose: "example"), as: UTF8.self)
  }

  @Test(
    "an article shows its example as it is compiled",
    arguments: [
      ("AddingASource", "FolderSource"), ("AddingAMapping", "BriefMapping"), ("AddingASink", "FolderSink"),
      ("DataFlow", "DataFlow"),
    ])
  func shown(_ article: String, _ example: String) throws {
    let page = try Self.text("Sources/IntakeCore/IntakeCore.docc/\(article).md")
    let blocks = page.split(separator: "```swift\n").dropFirst().compactMap { part in
      part.split(separator: "```", maxSplits: 1).first.map(String.init)
    }
    #expect(blocks == [try Self.text("Tests/IntakeCoreTests/Documentation/Examples/\(example).swift")])
  }

  @Test("the article on HTTP services shows the smallest dialect as it is compiled, in under 150 lines")
  func dialect() throws {
    let page = try Self.text("Sources/IntakeCore/IntakeCore.docc/AddingAnHTTPService.md")
    let dialect = try Self.text("Sources/Sinks/HTTP/Dialects/SekoiaDialect.swift")
    #expect(page.ranges(of: "```swift\n\(dialect)```").count == 1)
    #expect(dialect.split(separator: "\n", omittingEmptySubsequences: false).count < 150)
  }

  /// Two answers, the second the last; one row is not whole and one comes twice.
  private func answers() throws -> ScratchFolder {
    let folder = try ScratchFolder()
    func row(_ id: Int, _ status: String) -> String {
      #"{"id":"\#(id)","recipientAddress":"a@b.example","status":"\#(status)","receivedDateTime":"2026-03-0\#(id)T00:00:00Z"}"#
    }
    try folder.write(
      Array(#"{"value":[\#(row(2, "failed")),\#(row(2, "failed"))],"@odata.nextLink":"second.json"}"#.utf8),
      to: "first.json")
    try folder.write(Array(#"{"value":[\#(row(1, "delivered")),{"id":"?"}]}"#.utf8), to: "second.json")
    return folder
  }

  @Test("source, mapping and sink of the examples carry rows from a folder to a folder, each once")
  func together() async throws {
    let input = try answers()
    let output = try ScratchFolder()
    let target = output("out")
    let first = try await DataFlow.collect(from: input.path, into: target, state: MemoryStore())
    #expect(first.tally.rows == 4 && first.tally.emitted == 3 && first.tally.duplicates == 1 && first.tally.failed == 1)
    let batches = try ["1", "2"].map { try FileBytes.read("\(target)/\($0).ndjson", purpose: "batch") }
    let lines = batches.flatMap { $0.split(separator: 0x0A) }
    let actions = try lines.map { try JSONValue(parsing: Array($0)) }.map { $0["event.action"]?.string ?? "-" }
    #expect(actions == ["failed", "delivered", "-"])
    let again = try await DataFlow.collect(from: input.path, into: target, state: first.state)
    #expect(again.tally.emitted == 0 && again.tally.duplicates == 4)
  }

  @Test("a batch delivered twice is there once")
  func idempotent() async throws {
    let output = try ScratchFolder()
    let sink = FolderSink(folder: output("out"))
    let start = try await sink.open(at: nil)
    let entry = JournalEntry(sequence: 7, bytes: Array("{}\n".utf8), entries: [], cursors: [:])
    for _ in 0..<2 { #expect(try await sink.deliver(entry, from: start).sequence == 7) }
    await sink.close()
    let names = try FileCalls.system.names(in: try FileCalls.system.open(output("out"), 0))
    #expect(names == ["7.ndjson"])
  }

  @Test("links out of the folder, and answers that are none, are refused", arguments: ["../x.json", "none.json"])
  func refused(_ link: String) async throws {
    let input = try answers()
    try input.write(Array("<html>".utf8), to: "none.json")
    let source = FolderSource(folder: input.path)
    let window = Window(start: Instant(seconds: 0), end: Instant(seconds: 1))
    await #expect(throws: Failure.self) { try await source.page(window, after: PageCursor(link: link)) }
  }
}
