// `backfill`: nothing lost or duplicated beside live collection, through kill and resume.

internal import Glibc
internal import IntakeCore
internal import IntakeTesting
internal import Simulator
import Testing

@Suite(.ownThreads) struct BackfillTests {
  @Test(
    "killed and resumed beside a daemon, in either order, a backfill emits every row once",
    arguments: ["newest", "oldest"])
  func besideDaemon(_ order: String) throws {
    let fixture = try PlaybookFixture(messages: 1_500, hours: 15 * 24)
    let playbook = try fixture.playbook("a")
    let daemon = Program.start(["run", playbook], environment: fixture.environment)
    eventually { fixture.passes("a") >= 1 }
    let call = [
      "backfill", playbook, "--from", Timestamp.text(fixture.now - .seconds(16 * 86_400)), "--order", order,
    ]
    for killed in 1...3 {
      let running = Program.start(call, environment: fixture.environment)
      let asked = fixture.pagesAsked
      eventually { fixture.pagesAsked >= asked + 3 && BackfillTests.doneTicks(fixture.state("a")) > 0 }
      running.signal(SIGKILL)
      #expect(running.finish().status == 137, "run \(killed)")
    }
    let last = Program.run(call, environment: fixture.environment)
    #expect(last.status == 0 && last.errors.contains("backfill.resume") && last.errors.contains("backfill.done"))
    let passes = fixture.passes("a")
    eventually { fixture.passes("a") > passes }
    daemon.signal(SIGTERM)
    #expect(daemon.finish().status == 0)
    fixture.expectWhole("a")
  }

  @Test("events that the live ledger has expired are not delivered again")
  func forgotten() throws {
    let fixture = try PlaybookFixture(messages: 400, hours: 5 * 24)
    let playbook = try fixture.playbook("a")
    for days in [4, 3, 2, 1, 0] {
      let now = Timestamp.text(fixture.now - .seconds(days * 86_400))
      let outcome = Program.run(["collect", playbook, "--now", now], environment: fixture.environment)
      #expect(outcome.status == 0, "\(outcome.errors)")
    }
    let before = Program.run(["verify", fixture.events("a")])
    let span = ["--from", Timestamp.text(fixture.now - .seconds(6 * 86_400))]
    let ledger = Program.run(["backfill", playbook] + span, environment: fixture.environment)
    #expect(ledger.status == 0, "\(ledger.errors)")
    fixture.expectWhole("a")
    // The first passes began 6 hours back, so there was something to add.
    #expect(before.lines.first != "lines               \(fixture.settings.tenant.rowCount)")
    let again = Program.run(["backfill", playbook] + span, environment: fixture.environment)
    #expect(again.status == 0 && again.errors.contains("events=0"))
    fixture.expectWhole("a")
  }

  @Test("after TERM a backfill exits with 75, can be resumed, and is shown by status")
  func stopped() throws {
    let slow = FaultRule(.latency(.milliseconds(200)), on: "/v1.0/")
    let fixture = try PlaybookFixture(messages: 200, hours: 20 * 24, faults: [slow])
    let playbook = try fixture.playbook("a")
    let call = ["backfill", playbook, "--from", Timestamp.text(fixture.now - .seconds(21 * 86_400))]
    let running = Program.start(call, environment: fixture.environment)
    eventually { Self.doneTicks(fixture.state("a")) > 0 }
    running.signal(SIGTERM)
    let outcome = running.finish()
    #expect(outcome.status == 75 && outcome.errors.contains("stop.signal"), "\(outcome.errors)")
    let status = Program.run(["status", playbook])
    #expect(status.lines.contains { $0.hasPrefix("backfill ") && $0.contains("newest first") })
    #expect(Program.run(call, environment: fixture.environment).status == 0)
    fixture.expectWhole("a")
  }

  @Test(
    "invalid spans are rejected before any request",
    arguments: [
      (["--from", "2020-01-01"], "90 days"), (["--from", "soon"], "is not a date or time"), ([], "--from"),
      (["--from", "2026-02-02", "--to", "2026-02-01"], "before --to"),
      (["--from", "2026-02-02", "--order", "up"], "oldest"),
    ])
  func refused(_ arguments: [String], _ word: String) throws {
    let fixture = try PlaybookFixture(messages: 1)
    let outcome = Program.run(["backfill", try fixture.playbook("a")] + arguments, environment: fixture.environment)
    #expect(outcome.status == 64 && outcome.errors.contains(word), "\(outcome.errors)")
    #expect(fixture.server.requests().isEmpty)
  }

  static func doneTicks(_ state: String) -> Int64 {
    PlaybookFixture.json("\(state)/backfill.json")?["doneTicks"]?.integer ?? 0
  }
}
