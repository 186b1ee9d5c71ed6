// `playbook`, `schedule` and `status` of the built binary.

internal import Glibc
internal import IntakeCore
internal import IntakeTesting
import Testing

@Suite(.ownThreads) struct PlaybookCommandTests {
  @Test(
    "playbook init writes a valid playbook with mode and tenant, and overwrites no file",
    arguments: ["graph", "reporting"])
  func starter(_ mode: String) throws {
    let folder = try ScratchFolder()
    let path = folder("p.json")
    let call = ["playbook", "init", path, "--mode", mode, "--tenant", "fabrikam.example", "--client-id", "c1"]
    #expect(Program.run(call).status == 0)
    #expect(Program.run(["playbook", "validate", path]).lines == ["\(path): good"])
    let source = PlaybookFixture.json(path)?["source"]
    #expect(source?["mode"]?.string == mode && source?["tenant"]?.string == "fabrikam.example")
    #expect(source?["clientId"]?.string == (mode == "graph" ? "c1" : nil))
    // A file beside the playbook, which cron and systemd can read: they have no environment.
    let secret = source?[mode == "graph" ? "clientSecret" : "password"]
    #expect(secret?["file"]?.string == (mode == "graph" ? "p/client-secret" : "p/password"))
    #expect(Program.run(["schedule", "--cron", path]).errors.isEmpty)
    #expect(Program.run(["schedule", "--systemd", path]).lines.contains { $0.hasPrefix("LoadCredential=") })
    let again = Program.run(call)
    #expect(again.status == 73 && again.errors.contains("already exists"))
    #expect(Program.run(["playbook", "init"]).lines.first == "{")
  }

  @Test(
    "the starter takes the accepted domains, and validate misses them where only the tenant's first domain is named")
  func domains() throws {
    let folder = try ScratchFolder()
    let call = ["playbook", "init", "--tenant", "fabrikam.onmicrosoft.com"]
    let named = Program.run(call + ["--local-domains", "fabrikam.example,fabrikam.fr"])
    let domains = try JSONValue(parsing: named.output)["normaliser"]?["localDomains"]?.array?.compactMap(\.string)
    #expect(domains == ["fabrikam.example", "fabrikam.fr"])
    for (outcome, isNoted) in [(named, false), (Program.run(call), true)] {
      let path = try folder.write(String(decoding: outcome.output, as: UTF8.self), to: "\(isNoted).json")
      let notes = Program.run(["playbook", "validate", path]).errors
      #expect(notes.contains("accepted domains") == isNoted, "\(notes)")
    }
  }

  @Test("a secret that cron cannot read is said when the line is printed")
  func cronSecret() throws {
    let folder = try ScratchFolder()
    let path = try folder.write(#"{ "source": { "clientSecret": { "env": "SECRET_OF_A" } } }"#, to: "a.json")
    let outcome = Program.run(["schedule", "--cron", path])
    #expect(outcome.status == 0 && outcome.lines.count == 1)
    #expect(
      outcome.errors.contains("source.clientSecret") && outcome.errors.contains("SECRET_OF_A"), "\(outcome.errors)")
  }

  @Test("validate lists every mistake of every file, in keys and values")
  func validate() throws {
    let folder = try ScratchFolder()
    let first = try folder.write("{ \"nmae\": \"x\",\n \"trigger\": { \"every\": \"soon\" } }", to: "1.json")
    let second = try folder.write("{ \"source\": { \"clientSecret\": \"hunter2\" } }", to: "2.json")
    let outcome = Program.run(["playbook", "validate", first, second, folder("none.json")])
    for word in ["did you mean name", "line 2: trigger.every must be", "must be a reference", "none.json"] {
      #expect(outcome.errors.contains(word), "\(word)")
    }
    #expect(outcome.status == 66 && outcome.output.isEmpty && !outcome.errors.contains("hunter2"))
  }

  @Test("the schema is JSON, and a wrong call shows the right one")
  func schema() throws {
    let outcome = Program.run(["playbook", "schema"])
    let schema = try JSONValue(parsing: outcome.output)
    #expect(schema["properties"]?["trigger"]?["properties"]?["every"] != nil)
    for call in [["playbook", "frobnicate"], ["playbook"], ["playbook", "validate"]] {
      let wrong = Program.run(call)
      #expect(wrong.status == 64 && wrong.errors.contains("playbook init [PATH]"))
    }
  }

  @Test("schedule prints either units or a crontab line")
  func schedule() throws {
    let folder = try ScratchFolder()
    let path = folder("contoso.json")
    #expect(Program.run(["playbook", "init", path]).status == 0)
    let cron = Program.run(["schedule", "--cron", path])
    #expect(cron.lines.count == 1 && cron.lines.first?.hasSuffix("message-trace collect \(path)") == true)
    let units = Program.run(["schedule", "--systemd", path])
    #expect(units.status == 0 && units.lines.contains("DynamicUser=yes") && units.lines.contains("Type=notify"))
    #expect(Program.run(["schedule", path]).status == 64)
    #expect(Program.run(["schedule", "--cron", "--systemd", path]).status == 64)
  }

  @Test("status of an empty state directory")
  func nothing() throws {
    let folder = try ScratchFolder()
    let path = folder("p.json")
    #expect(Program.run(["playbook", "init", path]).status == 0)
    let fresh = Program.run(["status", path, "--state", folder("state")])
    #expect(fresh.status == 0 && fresh.lines.contains { $0.hasPrefix("last pass") && $0.hasSuffix("never") })
    #expect(Program.run(["status", "--state", folder("state")]).status == 66)
    #expect(Program.run(["status", "--format", "xml"]).status == 64)
  }
}
