// Commands without network: help, examples, suggestions, verify, mapping, demo.

internal import Glibc
internal import IntakeCore
internal import IntakeTesting
import Testing

@Suite(.ownThreads) struct CommandTests {
  @Test("--version prints the version and loads no network library")
  func version() {
    let outcome = Program.run(["--version"], environment: ["LD_DEBUG": "files"])
    #expect(outcome.status == 0)
    #expect(outcome.lines.count == 1 && outcome.lines.first?.hasPrefix("message-trace ") == true)
    #expect(outcome.errors.contains("libc.so.6"))
    for library in ["libcurl", "libssl", "libcrypto", "FoundationNetworking"] {
      #expect(!outcome.errors.contains(library))
    }
  }

  /// The commands of the overview.
  static let commands: [String] = Program.run([]).lines.filter { $0.hasPrefix("  ") && !$0.contains("message-trace") }
    .compactMap { $0.split(separator: " ").first.map(String.init) }

  @Test("the overview lists the commands, and each has help with usage and examples", arguments: commands)
  func help(_ command: String) {
    #expect(Self.commands.count >= 16)
    for arguments in [["help", command], [command, "--help"], [command, "-h"]] {
      let outcome = Program.run(arguments)
      #expect(outcome.status == 0)
      #expect(outcome.lines.first?.hasPrefix("usage: message-trace \(command)") == true)
      let examples = outcome.lines.drop { $0 != "examples:" }.dropFirst().prefix { $0.hasPrefix("  ") }
      #expect(examples.contains { $0.contains("message-trace \(command)") }, "\(examples)")
      let long = outcome.lines.filter { $0.count > 120 }
      #expect(long.isEmpty, "\(long)")
    }
  }

  @Test("the help begins with what a first call needs; what few calls need is below a heading of its own")
  func commonFirst() {
    let lines = Program.run(["help", "collect"]).lines
    let options = lines.drop { $0 != "options:" }.dropFirst()
    #expect(options.first?.hasPrefix("  --mode ") == true)
    let common = options.prefix { $0 != "further options:" }
    #expect(common.contains { $0.hasPrefix("  --client-secret-file ") } && common.count < 16)
    let further = lines.drop { $0 != "further options:" }
    for option in ["--rebuild-state", "--max-body", "--proxy-file"] {
      #expect(further.contains { $0.hasPrefix("  \(option) ") }, "\(option)")
      #expect(!common.contains { $0.hasPrefix("  \(option) ") }, "\(option)")
    }
  }

  @Test("every example of the help is a valid call", arguments: commands)
  func examples(_ command: String) {
    let lines = Program.run(["help", command]).lines.drop { $0 != "examples:" }.dropFirst().prefix {
      $0.hasPrefix("  ")
    }
    for line in lines {
      let calls = line.split(separator: " ").map { String($0.filter { $0 != "'" }) }.split { ["|", "&&"].contains($0) }
      for call in calls where call.contains("message-trace") {
        let words = call.drop { $0 != "message-trace" }.dropFirst().prefix { !["<", ">"].contains($0) }
        let outcome = Program.run(words + ["--help"])
        #expect(outcome.status == 0 && outcome.lines.first?.hasPrefix("usage:") == true, "\(line): \(outcome.errors)")
      }
    }
  }

  @Test("every topic of the overview has a text")
  func topics() {
    let topics = Program.run([]).lines.compactMap { line in
      line.hasPrefix("message-trace help ") ? line.split(separator: " ").dropFirst(2).first.map(String.init) : nil
    }
    #expect(topics.contains("exit-codes"))
    for topic in topics where topic != "COMMAND" {
      let outcome = Program.run(["help", topic])
      #expect(outcome.status == 0 && outcome.lines.count > 5, "\(topic)")
    }
  }

  @Test(
    "a mistyped name gets a suggestion",
    arguments: [
      (["colect"], "did you mean collect?"), (["Reprot"], "did you mean report?"),
      (["completion", "bash"], "did you mean completions?"),
      (["collect", "--revist", "5m"], "did you mean --revisit?"),
      (["query", "--form", "csv"], "did you mean --format?"),
      (["report", "x", "--tilte", "y"], "did you mean --title?"),
      (["help", "exit-code"], "did you mean exit-codes?"), (["help", "colect"], "did you mean collect?"),
      (["playbook", "vaildate", "x"], "did you mean validate?"), (["mapping", "lsit"], "did you mean list?"),
      (["completions", "bsh"], "did you mean bash?"), (["status", "--format", "jsn"], "did you mean json?"),
      (["check", "--format", "txt"], "did you mean text?"), (["query", "--format", "cvs"], "did you mean csv?"),
      (["query", "--status", "Quarantine"], "did you mean Quarantined?"),
      (["query", "--subject-filter-type", "start-with"], "did you mean starts-with?"),
      (
        ["details", "2e3c0fac-4669-4e4a-2669-08d5dd529cbe", "a@b.example", "--format", "timelin"],
        "did you mean timeline?"
      ),
      (["backfill", "--from", "2026-01-01", "--to", "2026-01-02", "--order", "oldes"], "did you mean oldest?"),
      (["collect", "--log-level", "warn"], "did you mean warning?"),
      (["collect", "--log-format", "jason"], "did you mean json?"),
    ])
  func mistyped(_ arguments: [String], _ question: String) {
    let outcome = Program.run(
      arguments,
      environment: [
        "MESSAGE_TRACE_TENANT": "contoso.onmicrosoft.com", "MESSAGE_TRACE_CLIENT_ID": "c",
        "MESSAGE_TRACE_CLIENT_SECRET": "s", "MESSAGE_TRACE_STATE": "/nonexistent",
      ])
    #expect(outcome.errors.contains(question), "\(outcome.errors)")
    #expect([64, 78].contains(outcome.status) && outcome.output.isEmpty)
  }

  @Test("the demo prints complete events, each once, and its commentary on stderr")
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
    let folder = try ScratchFolder()
    let good = try folder.write(String(decoding: shown.output, as: UTF8.self), to: "mine.json")
    #expect(Program.run(["mapping", "validate", good]).status == 0)
    let bad = try folder.write("{\"name\": 5, \"feilds\": []}", to: "bad.json")
    let outcome = Program.run(["mapping", "validate", bad])
    #expect(outcome.status == 78 && outcome.errors.contains("bad.json"))
  }

  @Test("verify counts the errors of a file")
  func verify() throws {
    let folder = try ScratchFolder()
    let file = try folder.write(
      "{\"event.id\":\"a\"}\n{\"event.id\":\"a\"}\nbroken\n{\"x\":1}\n{\"event.id\":\"b\"}", to: "f")
    let outcome = Program.run(["verify", file])
    #expect(outcome.status == 65)
    #expect(
      outcome.lines == [
        "lines               5", "invalid lines       2", "without event.id    1", "repeated event ids  1",
      ])
    let batches = try folder.write(
      ["00:00:01", "00:00:01", "00:01:00", "02:31:00"].enumerated().map { index, time in
        "{\"event.created\":\"2026-03-02T\(time).000Z\",\"event.id\":\"\(index)\"}\n"
      }.joined(), to: "batches")
    #expect(
      Program.run(["verify", batches]).lines.suffix(2) == [
        "batches             3, read from 2026-03-02T00:00:01.000Z to 2026-03-02T02:31:00.000Z",
        "longest pause       2h 30m, from 2026-03-02T00:01:00.000Z",
      ])
    let other = try folder.write(
      "{\"event_id\":\"a\",\"created\":7}\n{\"event_id\":\"\u{FF}\"}\n{\"event_id\":\"a\"}\n", to: "cim")
    #expect(Program.run(["verify", other]).lines.last == "repeated event ids  1")
    #expect(Program.run(["verify", "/nonexistent"]).status == 66)
  }
}
