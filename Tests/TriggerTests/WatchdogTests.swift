// A pass that makes no progress: systemd restarts the daemon once its watchdog is no longer notified.

internal import Glibc
internal import IntakeCore
internal import IntakeTesting
internal import Testing

@testable internal import Trigger

/// A pass that does not end before its task is cancelled.
private struct EndlessPasses: PassRunning, Sendable {
  let every: Duration = .seconds(60)

  mutating func reload() throws(Failure) {}

  mutating func pass() async -> PassOutcome {
    while !Task.isCancelled { try? await Task.sleep(for: .milliseconds(5)) }
    return PassOutcome()
  }

  mutating func publish(_ outcome: PassOutcome, next: Instant?) -> Failure? { nil }
}

@Suite("Watchdog")
struct WatchdogTests {
  private let time = ManualClock()
  private let listener = SystemdNoticeTests.Listener(
    "@message-trace-watchdog-\(getpid())-\(UInt64.random(in: 0...UInt64.max))")

  /// The notices so far, each once.
  private let heard = Locked<Set<String>>([])

  /// How many of the watchdog's notices come with so many of the status, each of which follows one look at the passes.
  private func fed(in looks: Int) async throws -> Int {
    var (fed, left) = (0, looks)
    for _ in 0..<60_000 where left > 0 {
      let notice = listener.next()
      heard.update { _ = $0.insert(notice) }
      switch notice {
      case "": try await Task.sleep(for: .milliseconds(2))
      case "WATCHDOG=1": fed += 1
      default: left -= 1
      }
    }
    try #require(left == 0, "no notices any more")
    return fed
  }

  @Test("a pass without progress for ten minutes stops the watchdog's notices, for one playbook or the last of three")
  func stuck() async throws {
    let notice = SystemdNotice(environment: ["NOTIFY_SOCKET": listener.name, "WATCHDOG_USEC": "20000"])
    let runs = ["a", "b", "stuck"].map { RunStatus(name: $0) }
    let daemon = Daemon(runs.map { ($0, EndlessPasses()) }, notice: notice, time: time.source, log: .silent)
    let running = Task { try? await daemon.run() }
    #expect(try await fed(in: 20) >= 10)
    // Playbooks that have not ended a pass are not well.
    let starting = "0 of 3 playbooks well; a: starting; b: starting; stuck: starting"
    #expect(heard.value.subtracting([""]) == ["READY=1\nSTATUS=\(starting)", "STATUS=\(starting)", "WATCHDOG=1"])
    func beat(_ statuses: some Sequence<RunStatus>) { for status in statuses { status.heartbeat.beat(time.now) } }
    time.advance(by: Daemon<EndlessPasses>.longestSilence - .seconds(1))
    beat(runs.prefix(2))
    #expect(try await fed(in: 40) >= 20, "progress less than ten minutes ago")
    time.advance(by: .seconds(2))
    beat(runs.prefix(2))
    // The kernel holds a few notices from before.
    _ = try await fed(in: 20)
    #expect(try await fed(in: 20) == 0, "one of three is stuck")
    beat(runs)
    _ = try await fed(in: 20)
    #expect(try await fed(in: 20) >= 10, "it goes on")
    running.cancel()
    await running.value
  }

  @Test("the time without progress is minutes: longer than any page takes, shorter than an outage that nobody sees")
  func longest() { #expect((.seconds(300) ... .seconds(900)).contains(Daemon<EndlessPasses>.longestSilence)) }
}
