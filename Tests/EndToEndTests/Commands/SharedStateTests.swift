// Two playbooks on one state, and sinks that change under it: refused, or said.

internal import Glibc
internal import IntakeCore
internal import IntakeTesting
import Testing

@Suite struct SharedStateTests {
  @Test("two playbooks on one state, by a link, are refused by run and validate, and by the second collect")
  func shared() throws {
    let fixture = try PlaybookFixture(messages: 20)
    let playbooks = [try fixture.playbook("a"), try fixture.playbook("b")]
    #expect(Program.run(["collect", playbooks[0]], environment: fixture.environment).status == 0)
    #expect(unsafe symlink(fixture.state("a"), fixture.state("b")) == 0)
    let passes = fixture.passes("a")
    for command in [["run"], ["playbook", "validate"]] {
      let running = Program.start(command + playbooks, environment: fixture.environment)
      eventually { running.ended() != nil || fixture.passes("a") > passes }
      running.signal(SIGTERM)
      let outcome = running.finish()
      #expect(outcome.status == 78 && outcome.errors.contains("the same state directory"), "\(outcome.errors)")
    }
    let second = Program.run(["collect", playbooks[1]], environment: fixture.environment)
    #expect(second.status == 78 && second.errors.contains("sink.removed"), "\(second.errors)")
    #expect(second.errors.contains("give each playbook its own"), "\(second.errors)")
    fixture.restart(playbooks[0])
    fixture.expectWhole("a")
  }

  @Test("a sink that is added to a state says where it starts, and gets nothing that was delivered before")
  func added() throws {
    let fixture = try PlaybookFixture(messages: 40)
    let playbook = try fixture.playbook("a")
    #expect(Program.run(["collect", playbook], environment: fixture.environment).status == 0)
    let both = ["--sink", "file:\(fixture.events("a"))", "--sink", "file:\(fixture.events("new"))"]
    let outcome = Program.run(["collect", playbook] + both, environment: fixture.environment)
    #expect(outcome.status == 0 && outcome.errors.contains("sink.added"), "\(outcome.errors)")
    #expect(outcome.errors.contains("read_until="), "\(outcome.errors)")
    #expect(try fixture.folder.text("new.ndjson").isEmpty)
    fixture.expectWhole("a")
    let span = [Timestamp.text(fixture.now - .seconds(3_600)), Timestamp.text(fixture.now - .seconds(1_200))]
    let past = Program.run(
      ["backfill", playbook, "--from", span[0], "--to", span[1]] + both, environment: fixture.environment)
    #expect(past.status == 0 && past.errors.contains("also for sinks that were added later"), "\(past.errors)")
    fixture.expectWhole("a")
  }
}
