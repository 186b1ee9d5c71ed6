// Writing, checking and scheduling playbooks, and asking how they stand, with the real binary.

internal import Glibc
internal import IntakeCore
import Testing

@Suite struct PlaybookCommandTests {
  @Test("a starter is valid, is never written over, and takes mode and tenant", arguments: ["graph", "reporting"])
  func starter(_ mode: String) {
    let folder = TemporaryFolder()
    let path = folder.file("p.json")
    let call = ["playbook", "init", path, "--mode", mode, "--tenant", "fabrikam.example"]
    #expect(Program.run(call).status == 0)
    #expect(Program.run(["playbook", "validate", path]).lines == ["\(path): good"])
    let source = PlaybookFixture.json(path)?["source"]
    #expect(source?["mode"]?.string == mode && source?["tenant"]?.string == "fabrikam.example")
    let again = Program.run(call)
    #expect(again.status == 73 && again.errors.contains("already exists"))
    #expect(Program.run(["playbook", "init"]).lines.first == "{")
  }

  @Test("validate tells every mistake of every file, keys and values alike")
  func validate() {
    let folder = TemporaryFolder()
    let first = folder.write("{ \"nmae\": \"x\",\n \"trigger\": { \"every\": \"soon\" } }", to: "1.json")
    let second = folder.write("{ \"source\": { \"clientSecret\": \"hunter2\" } }", to: "2.json")
    let outcome = Program.run(["playbook", "validate", first, second, folder.file("none.json")])
    for word in ["did you mean name", "line 2: trigger.every soon", "must be a reference", "none.json"] {
      #expect(outcome.errors.contains(word), "\(word)")
    }
    #expect(outcome.status == 66 && outcome.output.isEmpty && !outcome.errors.contains("hunter2"))
  }

  @Test("the schema that is printed is JSON, and a wrong call says the right one")
  func schema() throws {
    let outcome = Program.run(["playbook", "schema"])
    let schema = try JSONValue(parsing: outcome.output)
    #expect(schema["properties"]?["trigger"]?["properties"]?["every"] != nil)
    for call in [["playbook", "frobnicate"], ["playbook"], ["playbook", "validate"]] {
      let wrong = Program.run(call)
      #expect(wrong.status == 64 && wrong.errors.contains("playbook init [PATH]"))
    }
  }

  @Test("schedule prints units or a crontab line, one of the two")
  func schedule() {
    let folder = TemporaryFolder()
    let path = folder.file("contoso.json")
    #expect(Program.run(["playbook", "init", path]).status == 0)
    let cron = Program.run(["schedule", "--cron", path])
    #expect(cron.lines.count == 1 && cron.lines.first?.hasSuffix("message-trace collect \(path)") == true)
    let units = Program.run(["schedule", "--systemd", path])
    #expect(units.status == 0 && units.lines.contains("DynamicUser=yes") && units.lines.contains("Type=notify"))
    #expect(Program.run(["schedule", path]).status == 64)
    #expect(Program.run(["schedule", "--cron", "--systemd", path]).status == 64)
  }

  @Test("status of nothing is said plainly")
  func nothing() {
    let folder = TemporaryFolder()
    let path = folder.file("p.json")
    #expect(Program.run(["playbook", "init", path]).status == 0)
    let fresh = Program.run(["status", path, "--state", folder.file("state")])
    #expect(fresh.status == 0 && fresh.lines.contains { $0.hasPrefix("last pass") && $0.hasSuffix("never") })
    #expect(Program.run(["status", "--state", folder.file("state")]).status == 66)
    #expect(Program.run(["status", "--format", "xml"]).status == 64)
  }
}
