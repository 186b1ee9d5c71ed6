// What slows a playbook down, and what does not.

internal import IntakeCore
internal import IntakeTesting
import Testing

@testable internal import Trigger

/// Passes that end as given, then one that ends the run.
private struct ScriptedPasses: PassRunning {
  static let end = Failure("test.end", exit: .bug, "The script is over.")

  let every: Duration = .seconds(60)
  var haveWorked = false
  let time: ManualClock
  let ending: PassOutcome
  let pauses: Locked<[Duration]>

  mutating func reload() throws(Failure) {}

  mutating func pass() async -> PassOutcome {
    pauses.value.count < 20 ? ending : PassOutcome(interruption: Self.end)
  }

  mutating func publish(_ outcome: PassOutcome, next: Instant?) -> Failure? {
    let now = time.now
    pauses.update { $0.append((next ?? now) - now) }
    return nil
  }
}

@Suite struct PlaybookRunTests {
  private static let down = Failure("sink.tcp.refused", exit: .tryLater, "It is down.", recovery: .later(after: nil))

  private func pauses(_ ending: PassOutcome) async -> [Duration] {
    let time = ManualClock()
    let pauses = Locked<[Duration]>([])
    let passes = ScriptedPasses(time: time, ending: ending, pauses: pauses)
    var run = PlaybookRun(passes, status: RunStatus(name: "x"), time: time.source, log: .silent, random: { 0 })
    await #expect(throws: ScriptedPasses.end) { try await run.run(givesUp: true) }
    return pauses.value.dropLast()
  }

  @Test("a permanent failure ends passes that never worked, and delays those that have", arguments: [false, true])
  func permanent(_ haveWorked: Bool) async {
    let time = ManualClock(Instant(seconds: 1_770_000_000), until: Instant(seconds: 1_770_100_000))
    let gone = Failure("source.not_found", exit: .configuration, "404.")
    let pauses = Locked<[Duration]>([])
    var passes = ScriptedPasses(time: time, ending: PassOutcome(interruption: gone), pauses: pauses)
    passes.haveWorked = haveWorked
    let start = PlaybookRun(passes, status: RunStatus(name: "x"), time: time.source, log: .silent, random: { 0 })
    let task = Task {
      var run = start
      do throws(Failure) {
        try await run.run(givesUp: true)
        return Failure?.none
      } catch {
        return error
      }
    }
    if haveWorked { while pauses.value.count < 12 { await Task.yield() } }
    if haveWorked { task.cancel() }
    #expect(await task.value == (haveWorked ? nil : gone))
    #expect(haveWorked ? pauses.value.dropFirst(8).first == .seconds(900) : pauses.value.count == 1)
  }

  @Test("an open span alone leaves the pace as it is")
  func openSpan() async {
    var outcome = PassOutcome()
    outcome.openSpanFailure = Failure(.openSpan, exit: .tryLater, "Open.", recovery: .later(after: nil))
    let pauses = await pauses(outcome)
    #expect(pauses.count == 20 && pauses.allSatisfy { $0 <= .seconds(60) })
  }

  @Test("a dead sink alone leaves the pace as it is: the other sinks get every window in time")
  func deadSink() async {
    var outcome = PassOutcome()
    outcome.sinkFailures = ["tcp://siem:601": Self.down]
    let pauses = await pauses(outcome)
    #expect(pauses.count == 20 && pauses.allSatisfy { $0 <= .seconds(60) })
  }

  @Test("a service that fails is asked ever less often, whatever the sinks do", arguments: [[:], ["x": down]])
  func failingService(sinks: [String: Failure]) async {
    var outcome = PassOutcome()
    outcome.sinkFailures = sinks
    outcome.interruption = Failure("source.5xx", exit: .tryLater, "It fails.", recovery: .later(after: nil))
    let pauses = await pauses(outcome)
    #expect(pauses.count == 20 && pauses.last == .seconds(900))
  }
}
