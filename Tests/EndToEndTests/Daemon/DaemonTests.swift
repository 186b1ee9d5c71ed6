// Signals to the built binary, several tenants in one process, and the files that remain.

internal import Glibc
internal import IntakeCore
internal import IntakeTesting
internal import Simulator
import Testing

@Suite(.ownThreads) struct DaemonTests {
  @Test(
    "TERM and INT in mid page discard the page and exit with 0; the next run completes every event once",
    arguments: [SIGTERM, SIGINT])
  func term(_ number: Int32) throws {
    let slow = FaultRule(.latency(.seconds(50)), on: "/v1.0/", .requests(4...4))
    let fixture = try PlaybookFixture(messages: 900, faults: [slow])
    let playbook = try fixture.playbook("a", pageSize: 100)
    let running = Program.start(["run", playbook], environment: fixture.environment)
    eventually { fixture.pagesAsked >= 4 }
    running.signal(number)
    let outcome = running.finish()
    #expect(outcome.status == 0, "\(outcome.errors)")
    let early = Program.run(["verify", fixture.events("a")]).lines.first ?? ""
    #expect(early != "lines               \(fixture.settings.tenant.rowCount)")
    fixture.restart(playbook)
    fixture.expectWhole("a")
  }

  @Test(
    "a pass stopped in mid page exits with 75 and one line; the next run completes every event once",
    arguments: [SIGTERM, SIGINT, SIGHUP])
  func onePass(_ number: Int32) throws {
    let slow = FaultRule(.latency(.seconds(50)), on: "/v1.0/", .requests(3...3))
    let fixture = try PlaybookFixture(messages: 500, faults: [slow])
    let playbook = try fixture.playbook("a", pageSize: 100)
    let running = Program.start(["collect", playbook], environment: fixture.environment)
    eventually { fixture.pagesAsked >= 3 }
    running.signal(SIGUSR1)
    running.signal(number)
    let outcome = running.finish()
    #expect(outcome.status == 75 && outcome.errors.contains("stop.signal"), "\(outcome.errors)")
    #expect(outcome.errors.split(separator: "\n").count == 1)
    fixture.restart(playbook)
    fixture.expectWhole("a")
  }

  @Test("a pass that waits for a long Retry-After stops at once on TERM")
  func waiting() throws {
    let busy = FaultRule(.throttled(.seconds(500)), on: "/v1.0/", .requests(1...1))
    let fixture = try PlaybookFixture(messages: 20, faults: [busy])
    let playbook = try fixture.playbook("a")
    let running = Program.start(["collect", playbook, "--log-level", "info"], environment: fixture.environment)
    eventually { fixture.pagesAsked >= 1 && running.errorsSoFar.contains("source.retry") }
    running.signal(SIGTERM)
    let outcome = running.finish()
    // Had it continued to wait, the grace period would have ended it without a log line.
    #expect(outcome.status == 75 && outcome.errors.contains("stop.signal"), "\(outcome.errors)")
    // The next process would wait as well.
    try fixture.folder.remove("a.state/quota")
    fixture.restart(playbook)
    fixture.expectWhole("a")
  }

  @Test("a receiver that never reads delays a stop by the grace period at most, and its events are kept")
  func deafReceiver() async throws {
    let fixture = try PlaybookFixture(messages: 400)
    let playbook = try fixture.playbook("a")
    let receiver = try #require(UnresponsiveReceiver())
    let sinks = ["--sink", "tcp://127.0.0.1:\(receiver.port)?ack=eof", "--sink", "file:\(fixture.events("a"))"]
    let running = Program.start(["collect", playbook] + sinks, environment: fixture.environment)
    eventually { receiver.isReached }
    running.signal(SIGTERM)
    let outcome = await running.finished()
    #expect(outcome.status == 75, "\(outcome.errors)")
    let refused = Program.run(["collect", playbook], environment: fixture.environment)
    #expect(refused.status == 78 && refused.errors.contains("--forget-sink"), "\(refused.errors)")
    let forgetting = Program.run(["collect", playbook, "--forget-sink"], environment: fixture.environment)
    #expect(forgetting.status == 0, "\(forgetting.errors)")
    fixture.expectWhole("a")
  }

  @Test("USR1 logs one line per playbook and stops nothing; every line of a tenant names its playbook")
  func glance() throws {
    let fixture = try PlaybookFixture(messages: 20)
    let playbooks = [try fixture.playbook("a"), try fixture.playbook("b", secret: "BAD")]
    let running = Program.start(["run", "--log-format", "json"] + playbooks, environment: fixture.environment)
    eventually { fixture.passes("a") >= 1 && fixture.passes("b") >= 1 }
    running.signal(SIGUSR1)
    eventually { running.errorsSoFar.split(separator: "\n").count { $0.contains("run.status") } >= 2 }
    let passes = fixture.passes("a")
    eventually { fixture.passes("a") >= passes + 2 }
    running.signal(SIGTERM)
    let outcome = running.finish()
    let lines = try outcome.errors.split(separator: "\n").map { try JSONValue(parsing: Array($0.utf8)) }
    #expect(outcome.status == 0 && lines.allSatisfy { ["a", "b"].contains($0["playbook"]?.string) })
    let told = lines.filter { $0["event.code"]?.string == "run.status" }
    #expect(Set(told.compactMap { $0["playbook"]?.string }) == ["a", "b"] && told.count == 2)
    #expect(told.contains { $0["last"]?.string?.hasPrefix("signin.") == true })
    #expect(lines.count { $0["event.code"]?.string == "pass.failed" } >= 1)
  }

  @Test("a second TERM exits at once with 143 even if the process blocks; a single one within the grace period")
  func twice() throws {
    let fixture = try PlaybookFixture(messages: 50)
    let playbook = try fixture.playbook("a")
    #expect(Program.run(["collect", playbook], environment: fixture.environment).status == 0)
    // The process waits for this lock up to a minute before its first request, and cannot be interrupted.
    let path = "\(fixture.state("a"))/quota"
    let quota = unsafe open(path, O_RDWR | O_CLOEXEC)
    #expect(quota >= 0 && flock(quota, LOCK_EX) == 0)
    for (signals, status) in [(2, Int32(143)), (1, 0)] {
      let running = Program.start(["run", playbook], environment: fixture.environment)
      eventually { Self.hasOpen(path, running.id) }
      running.signal(SIGTERM)
      // A signal that arrives before the previous one is handled merges with it, so the second is repeated.
      while signals == 2, running.ended() == nil {
        usleep(200_000)
        running.signal(SIGTERM)
      }
      #expect(running.finish().status == status)
    }
    close(quota)
    fixture.restart(playbook)
    fixture.expectWhole("a")
  }

  @Test("with repeated HUP, USR1, STOP and CONT under load nothing is lost or duplicated")
  func reload() throws {
    let slow = FaultRule(.latency(.milliseconds(30)), on: "/v1.0/")
    let fixture = try PlaybookFixture(messages: 2_000, faults: [slow])
    let playbook = try fixture.playbook("a", pageSize: 100)
    let running = Program.start(["run", playbook], environment: fixture.environment)
    eventually { fixture.pagesAsked > 0 }
    while fixture.pagesAsked < 20 {
      for number in [SIGHUP, SIGUSR1, SIGSTOP] { running.signal(number) }
      usleep(20_000)
      running.signal(SIGCONT)
      usleep(10_000)
    }
    eventually { fixture.passes("a") >= 2 }
    running.signal(SIGTERM)
    let outcome = running.finish()
    #expect(outcome.status == 0 && outcome.errors.contains("config.reloaded"), "\(outcome.errors)")
    fixture.restart(playbook)
    fixture.expectWhole("a")
  }

  @Test("a playbook that became invalid is rejected at HUP and the old one stays in use")
  func reloadWrong() throws {
    let fixture = try PlaybookFixture(messages: 50)
    let playbook = try fixture.playbook("a")
    let running = Program.start(["run", playbook], environment: fixture.environment)
    eventually { fixture.passes("a") >= 1 }
    let good = try FileBytes.read(playbook, purpose: "playbook")
    try fixture.folder.write("{\"trigger\": {\"evry\": \"1s\"}}", to: "a.json")
    running.signal(SIGHUP)
    eventually { running.errorsSoFar.contains("config.reload_failed") }
    let before = fixture.passes("a")
    eventually { fixture.passes("a") >= before + 2 }
    try fixture.folder.write(String(decoding: good, as: UTF8.self), to: "a.json")
    running.signal(SIGTERM)
    let outcome = running.finish()
    #expect(outcome.status == 0)
    #expect(outcome.errors.contains("config.reload_failed") && outcome.errors.contains("did you mean every"))
    fixture.expectWhole("a")
  }

  @Test("of 20 tenants in one process, one with a revoked secret backs off and the others are not affected")
  func many() throws {
    let fixture = try PlaybookFixture(messages: 60)
    let names = (0..<20).map { "t\($0)" }
    let playbooks = try names.map { try fixture.playbook($0, secret: $0 == "t7" ? "BAD" : "GOOD") }
    let running = Program.start(["run"] + playbooks, environment: fixture.environment)
    let others = names.filter { $0 != "t7" }
    eventually { others.allSatisfy { fixture.passes($0) >= 3 } }
    let middle = Self.residentPages(running.id)
    eventually { others.allSatisfy { fixture.passes($0) >= 8 } }
    #expect(Self.residentPages(running.id) < middle + 8 << 20 / 4_096)
    let failing = Program.run(["status", playbooks[7], "--format", "json"])
    #expect(failing.status == 77)
    let glance = try JSONValue(parsing: Array((failing.lines.first ?? "").utf8))
    #expect(glance["outcome"]?.string?.hasPrefix("signin.") == true)
    #expect(fixture.passes("t7") >= 1 && fixture.passes("t7") < 8)
    // While the daemon runs: a stop would interrupt passes, and their status is then 75.
    for name in others { #expect(Program.run(["status", "--state", fixture.state(name)]).status == 0) }
    running.signal(SIGTERM)
    let outcome = running.finish()
    #expect(outcome.status == 0 && !outcome.errors.contains("revoked "), "\(outcome.errors.suffix(2_000))")
    for name in others { fixture.expectWhole(name) }
  }

  @Test("of ten overlapping cron runs, those that find the state locked exit with 75, and nothing is duplicated")
  func cron() throws {
    let slow = FaultRule(.latency(.seconds(3)), on: "/v1.0/", .requests(1...1))
    let fixture = try PlaybookFixture(messages: 300, faults: [slow])
    let playbook = try fixture.playbook("a")
    let first = Program.start(["collect", playbook], environment: fixture.environment)
    eventually { fixture.pagesAsked >= 1 }
    // The first process holds the state until it continues, however long the others take.
    first.signal(SIGSTOP)
    let runs = (0..<9).map { _ in Program.start(["collect", playbook], environment: fixture.environment) }
    let outcomes = runs.map { $0.finish() }
    first.signal(SIGCONT)
    #expect(outcomes.allSatisfy { $0.status == 0 || $0.status == 75 && $0.errors.contains("state.locked") })
    #expect(outcomes.contains { $0.status == 75 && $0.errors.contains("process \(first.id)") })
    #expect(outcomes.allSatisfy { $0.errors.split(separator: "\n").count == ($0.status == 0 ? 0 : 1) })
    #expect(first.finish().status == 0)
    fixture.restart(playbook)
    fixture.expectWhole("a")
  }

  /// True if the process has the file open. Source: proc(5), fd.
  private static func hasOpen(_ path: String, _ process: pid_t) -> Bool {
    (3..<100).contains { number in
      var target = [CChar](repeating: 0, count: 4_096)
      let count = unsafe readlink("/proc/\(process)/fd/\(number)", &target, target.count)
      return count > 0 && String(decoding: target.prefix(count).map { UInt8(bitPattern: $0) }, as: UTF8.self) == path
    }
  }

  /// Source: proc(5), statm.
  private static func residentPages(_ process: pid_t) -> Int {
    let text = (try? FileBytes.read("/proc/\(process)/statm", purpose: "memory")) ?? []
    return String(decoding: text, as: UTF8.self).split(separator: " ").dropFirst().first.flatMap { Int($0) } ?? 0
  }
}
