// Outages that used to wait for a person: answers of the service, unusable settings, too few threads, forgotten pauses.

internal import Glibc
internal import IntakeCore
internal import IntakeTesting
internal import Simulator
import Testing

@Suite(.ownThreads) struct OutageTests {
  static let refusal = Fault.answer(
    400, type: "application/json", body: #"{"error":{"code":"BadRequest","message":"The value of $top is not valid."}}"#
  )

  @Test(
    "a daemon that has worked goes on after any answer of the service",
    arguments: [Fault.status(404), .status(407), .status(410), refusal])
  func answers(_ fault: Fault) throws {
    let fixture = try PlaybookFixture(messages: 20, faults: [FaultRule(fault, on: "/v1.0/", .requests(2...3))])
    let playbook = try fixture.playbook("a")
    let running = Program.start(["run", playbook], environment: fixture.environment)
    eventually { running.ended() != nil || fixture.passes("a") >= 4 && fixture.pagesAsked >= 4 }
    running.signal(SIGTERM)
    let outcome = running.finish()
    #expect(outcome.status == 0 && fixture.passes("a") >= 4, "\(outcome.errors)")
    fixture.restart(playbook)
    fixture.expectWhole("a")
  }

  @Test("a daemon that has never worked ends with the answer's exit status")
  func firstAnswer() throws {
    let fixture = try PlaybookFixture(messages: 20, faults: [FaultRule(.status(404), on: "/v1.0/")])
    let outcome = Program.run(["run", try fixture.playbook("a")], environment: fixture.environment)
    #expect(outcome.status == 78, "\(outcome.errors)")
  }

  @Test("a daemon that was restarted during an outage does not give up either")
  func restarted() throws {
    let fixture = try PlaybookFixture(messages: 20, faults: [FaultRule(.status(404), on: "/v1.0/", .requests(2...3))])
    let playbook = try fixture.playbook("a")
    #expect(Program.run(["collect", playbook], environment: fixture.environment).status == 0)
    let running = Program.start(["run", playbook], environment: fixture.environment)
    eventually { running.ended() != nil || fixture.passes("a") >= 4 }
    #expect(running.stop(SIGTERM) == 0)
    fixture.restart(playbook)
    fixture.expectWhole("a")
  }

  @Test("settings that turn out to be unusable after HUP are given back for those before")
  func unusableSettings() throws {
    let fixture = try PlaybookFixture(messages: 20)
    let playbook = try fixture.playbook("a")
    let running = Program.start(["run", playbook], environment: fixture.environment)
    eventually { fixture.passes("a") >= 1 }
    let good = try fixture.folder.text("a.json")
    let parts = good.split(separator: "\"sinks\":", maxSplits: 1)
    let mapping = "\"normaliser\": { \"mapping\": \"/missing.json\" }, \"sinks\":"
    try fixture.folder.write(parts.joined(separator: mapping), to: "a.json")
    running.signal(SIGHUP)
    eventually { running.ended() != nil || running.errorsSoFar.contains("config.reload_failed") }
    let passes = fixture.passes("a")
    eventually { running.ended() != nil || fixture.passes("a") >= passes + 2 }
    running.signal(SIGTERM)
    let outcome = running.finish()
    #expect(outcome.status == 0 && outcome.errors.contains("config.reload_failed"), "\(outcome.errors)")
    #expect(fixture.passes("a") >= passes + 2)
    fixture.expectWhole("a")
  }

  @Test("a Retry-After is obeyed by the next process: nothing is sent before")
  func retryAfter() throws {
    let busy = FaultRule(.throttled(.seconds(1_800)), on: "/v1.0/", .requests(1...1))
    let fixture = try PlaybookFixture(messages: 20, faults: [busy])
    let playbook = try fixture.playbook("a")
    for _ in 0..<3 {
      let outcome = Program.run(["collect", playbook], environment: fixture.environment)
      #expect(outcome.status == 75 && outcome.errors.contains("source.throttled"), "\(outcome.errors)")
    }
    #expect(fixture.pagesAsked == 1)
    let later = ["--now", Timestamp.text(fixture.now + .seconds(2_000))]
    #expect(Program.run(["collect", playbook] + later, environment: fixture.environment).status == 0)
    #expect(fixture.pagesAsked > 1)
  }

  @Test(
    "with too few threads allowed, commands end at once with 71 instead of waiting for ever",
    arguments: ["collect", "run"])
  func threads(_ command: String) throws {
    let fixture = try PlaybookFixture(messages: 20)
    let playbook = try fixture.playbook("a")
    let limited = ["prlimit", "--nproc=4", TestProgram.product("message-trace"), command, playbook]
    // The limit does not hold for root.
    let words = geteuid() == 0 ? ["setpriv", "--reuid=54321", "--clear-groups"] + limited : limited
    let running = try TestProgram(words, environment: fixture.environment).startCapturing()
    eventually { running.ended() != nil }
    let outcome = running.finish()
    #expect(outcome.status == 71 && outcome.errors.contains("of 12 threads"), "\(outcome.errors)")
  }
}
