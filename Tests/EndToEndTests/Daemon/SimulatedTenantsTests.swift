// The playbooks of `simulate --tenants`: what a user tries `run` with.

internal import Glibc
internal import IntakeCore
internal import IntakeTesting
import Testing

@Suite(.ownThreads) struct SimulatedTenantsTests {
  @Test("simulate writes a playbook for each tenant; run collects for all, and one that fails costs the others nothing")
  func tenants() throws {
    let folder = try ScratchFolder()
    let playbooks = folder("tenants")
    let simulator = Program.start([
      "simulate", "--tenants", "100", "--playbooks", playbooks, "--messages", "20", "--fault", "few-tenants",
    ])
    defer {
      simulator.signal(SIGTERM)
      #expect(simulator.finish().status == 0)
    }
    // Written last.
    eventually { (try? FileBytes.read("\(playbooks)/tenant-100.json", purpose: "playbook"))?.isEmpty == false }
    #expect(try service(of: 100, in: playbooks).hasSuffix("/hanging"))
    #expect(try service(of: 50, in: playbooks).hasSuffix("/failing"))
    #expect(Program.run(["playbook", "validate", "\(playbooks)/tenant-1.json"]).status == 0)
    let healthy = [1, 2, 99].map { "tenant-\($0)" }
    let running = Program.start(["run"] + (healthy + ["tenant-50"]).map { "\(playbooks)/\($0).json" })
    eventually {
      healthy.allSatisfy { Self.status("\(playbooks)/\($0)", has: "lastSuccess") }
        && Self.status("\(playbooks)/tenant-50", has: "lastFailure")
    }
    running.signal(SIGTERM)
    #expect(running.finish().status == 0)
  }

  @Test("each of --tenants and --playbooks requires the other")
  func mistakes() throws {
    for arguments in [["--tenants", "3"], ["--playbooks", "/tmp/none"]] {
      let outcome = Program.run(["simulate"] + arguments)
      #expect(outcome.status == 64)
      #expect(outcome.errors.contains("--tenants and --playbooks"), "\(outcome.errors)")
    }
  }

  private func service(of number: Int, in folder: String) throws -> String {
    let bytes = try FileBytes.read("\(folder)/tenant-\(number).json", purpose: "playbook")
    return try JSONValue(parsing: bytes)["source"]?["graphUrl"]?.string ?? ""
  }

  private static func status(_ state: String, has member: String) -> Bool {
    PlaybookFixture.json("\(state)/status.json")?[member] != nil
  }
}
