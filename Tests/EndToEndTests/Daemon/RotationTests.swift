// Rotation of an output file while a daemon writes to it.

internal import Glibc
internal import IntakeCore
internal import IntakeTesting
internal import Simulator
import Testing

@Suite(.ownThreads) struct RotationTests {
  enum Way: String, CaseIterable, Sendable {
    case renamed
    case renamedAndCreated = "renamed and created anew"
    case renamedWithHUP = "renamed, then HUP"
  }

  @Test(
    "with rotation under load, with HUP or without, all files together hold every event once", arguments: Way.allCases)
  func rotated(_ way: Way) throws {
    let slow = FaultRule(.latency(.milliseconds(60)), on: "/v1.0/")
    let fixture = try PlaybookFixture(messages: 1_200, faults: [slow])
    let playbook = try fixture.playbook("a", pageSize: 40)
    let running = Program.start(["run", playbook], environment: fixture.environment)
    var files: [String] = []
    var pages = 0
    while files.count < 6, fixture.passes("a") == 0 {
      eventually { fixture.pagesAsked >= pages + 4 || fixture.passes("a") > 0 }
      pages = fixture.pagesAsked
      let file = "\(fixture.events("a")).\(files.count)"
      guard unsafe rename(fixture.events("a"), file) == 0 else { continue }
      files.append(file)
      if way == .renamedAndCreated { try fixture.folder.write("", to: "a.ndjson") }
      if way == .renamedWithHUP { running.signal(SIGHUP) }
    }
    eventually { fixture.passes("a") >= 2 }
    running.signal(SIGTERM)
    let outcome = running.finish()
    #expect(outcome.status == 0, "\(outcome.errors)")
    #expect(outcome.errors.contains("config.reloaded") == (way == .renamedWithHUP))
    #expect(files.count >= 3, "the load was over too soon")
    let restarted = Program.run(["collect", playbook], environment: fixture.environment)
    #expect(restarted.status == 0, "\(restarted.errors)")
    let all = files + [fixture.events("a")]
    #expect(all.count { (try? FileBytes.read($0, purpose: "output").isEmpty) == false } >= 3)
    let verdict = fixture.verdict(of: all)
    #expect(verdict.isPerfect, "\(verdict)")
    #expect(Program.run(["verify"] + all.filter { unsafe access($0, R_OK) == 0 }).status == 0)
  }
}
