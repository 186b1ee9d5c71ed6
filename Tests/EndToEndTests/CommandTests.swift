// The commands that need no network, and what starting costs.

internal import Glibc
internal import IntakeCore
import Testing

@Suite struct CommandTests {
  @Test("--version says the version and loads no network library")
  func version() {
    let outcome = Program.run(["--version"], environment: ["LD_DEBUG": "files"])
    #expect(outcome.status == 0)
    #expect(outcome.lines.count == 1 && outcome.lines.first?.hasPrefix("message-trace ") == true)
    #expect(outcome.errors.contains("libc.so.6"))
    for library in ["libcurl", "libssl", "libcrypto", "FoundationNetworking"] {
      #expect(!outcome.errors.contains(library))
    }
  }

  @Test(
    "every command has help with usage and an example",
    arguments: [
      "collect", "run", "backfill", "status", "playbook", "schedule", "normalise", "verify", "mapping", "simulate",
      "demo", "query", "details",
    ])
  func help(_ command: String) {
    for arguments in [["help", command], [command, "--help"]] {
      let outcome = Program.run(arguments)
      #expect(outcome.status == 0)
      #expect(outcome.lines.first?.hasPrefix("usage: message-trace \(command)") == true)
      #expect(outcome.lines.contains("examples:"))
    }
    #expect(Program.run([]).lines.contains { $0.contains("  \(command) ") })
  }

  @Test("a mistyped command or option names the nearest right one")
  func mistyped() {
    #expect(Program.run(["colect"]).errors.contains("did you mean collect?"))
    #expect(Program.run(["collect", "--revist", "5m"]).errors.contains("did you mean --revisit?"))
    #expect(Program.run(["colect"]).status == 64)
    #expect(Program.run(["help", "exit-code"]).errors.contains("did you mean exit-codes?"))
  }

  @Test("the demo prints whole events, each once, and tells its story on stderr")
  func demo() throws {
    let outcome = Program.run(["demo", "--messages", "300"])
    #expect(outcome.status == 0, "\(outcome.errors)")
    #expect(outcome.lines.count >= 300)
    #expect(Set(outcome.ids).count == outcome.lines.count)
    #expect(outcome.errors.contains("Microsoft Graph") && outcome.errors.contains("Reporting Web Service"))
  }

  @Test("mappings are listed, shown, validated")
  func mappings() throws {
    #expect(Set(Program.run(["mapping", "list"]).lines).isSuperset(of: ["graph", "reporting"]))
    let shown = Program.run(["mapping", "show", "graph"])
    let folder = TemporaryFolder()
    let good = folder.write(String(decoding: shown.output, as: UTF8.self), to: "mine.json")
    #expect(Program.run(["mapping", "validate", good]).status == 0)
    let bad = folder.write("{\"name\": 5, \"feilds\": []}", to: "bad.json")
    let outcome = Program.run(["mapping", "validate", bad])
    #expect(outcome.status == 78 && outcome.errors.contains("bad.json"))
  }

  @Test("verify counts what is wrong with a file")
  func verify() {
    let folder = TemporaryFolder()
    let file = folder.write(
      "{\"event.id\":\"a\"}\n{\"event.id\":\"a\"}\nbroken\n{\"x\":1}\n{\"event.id\":\"b\"}", to: "f")
    let outcome = Program.run(["verify", file])
    #expect(outcome.status == 65)
    #expect(
      outcome.lines == [
        "lines               5", "invalid lines       2", "without event.id    1", "repeated event ids  1",
      ])
    #expect(Program.run(["verify", "/nonexistent"]).status == 66)
  }
}
