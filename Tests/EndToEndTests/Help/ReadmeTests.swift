// The examples of the README match the program.

internal import Glibc
internal import IntakeCore
internal import IntakeTesting
import Testing

@Suite(.ownThreads) struct ReadmeTests {
  static let readme: String = {
    let path = "\(#filePath.split(separator: "/").dropLast(4).reduce("") { "\($0)/\($1)" })/README.md"
    return String(decoding: (try? FileBytes.read(path, purpose: "README")) ?? [], as: UTF8.self)
  }()

  /// The fenced blocks of a language, in order.
  static func blocks(_ language: String) -> [String] {
    readme.split(separator: "```\(language)\n").dropFirst().compactMap { part in
      part.split(separator: "\n```", maxSplits: 1).first.map(String.init)
    }
  }

  @Test("both rows of the README give the event of the README")
  func event() throws {
    let blocks = Self.blocks("json")
    let event = try #require(blocks.first { $0.contains("\"event.id\"") })
    let expected = try JSONValue(parsing: Array(event.utf8))
    let folder = try ScratchFolder()
    for (index, row) in blocks.filter({ $0.hasPrefix("{\"id\"") || $0.hasPrefix("{\"Organization\"") }).enumerated() {
      let file = try folder.write(row, to: "row\(index).json")
      let outcome = Program.run([
        "normalise", file, "--tenant", "contoso.onmicrosoft.com", "--local-domains", "contoso.com",
        "--now", "2026-01-25T09:51:00Z",
      ])
      let actual = try JSONValue(parsing: Array(try #require(outcome.lines.first).utf8))
      #expect(outcome.lines.count == 1)
      for member in expected.members ?? []
      where !["event.created", "event.provider", "o365.message_trace.status"].contains(member.key) {
        #expect(actual[member.key] == member.value, "\(member.key)")
      }
      #expect(actual.members?.count == expected.members?.count)
    }
  }

  @Test("the playbook of the README is valid")
  func playbook() throws {
    let block = try #require(Self.blocks("sh").first { $0.contains("\"trigger\"") })
    let text = try #require(block.split(separator: "<<END\n").last?.split(separator: "\nEND").first)
    let folder = try ScratchFolder()
    let file = try folder.write(String(text), to: "contoso.json")
    let outcome = Program.run(["playbook", "validate", file])
    #expect(outcome.status == 0, "\(outcome.errors)")
  }
}
