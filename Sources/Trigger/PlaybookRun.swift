// One playbook, pass after pass, until stopped. Knows nothing of the others: what fails here is waited out here.

package import IntakeCore
internal import Synchronization

/// What others may see of a run, and how they wake it.
package final class RunStatus: Sendable {
  package let name: String
  let alarm = WakeSignal()
  private let state = Mutex(State())

  private struct State {
    var isWaiting = true
    var sign: Instant?
    var summary = "starting"
    var next: Instant?
  }

  package init(name: String) { self.name = name }

  /// Asks for the settings to be read again before the next pass, which comes at once.
  package func reload() { alarm.ring() }

  /// One short line on how it stands.
  package var summary: String { state.withLock { $0.summary } }

  /// What the log tells when it is asked how it stands.
  var values: [(String, String)] {
    state.withLock { state in
      let next = state.isWaiting ? state.next : nil
      return [("playbook", name), ("now", state.isWaiting ? "waiting" : "collecting"), ("last", state.summary)]
        + (next.map { [("next", Timestamp.text($0))] } ?? [])
    }
  }

  /// True unless a pass has gone on for longer than `limit` without any sign.
  func isAlive(now: Instant, within limit: Duration) -> Bool {
    state.withLock { state in
      guard !state.isWaiting, let sign = state.sign else { return true }
      return now - sign <= limit
    }
  }

  func note(isWaiting: Bool, sign: Instant?, summary: String? = nil, next: Instant? = nil) {
    state.withLock { state in
      state.next = next
      state.isWaiting = isWaiting
      state.sign = sign ?? state.sign
      state.summary = summary ?? state.summary
    }
  }
}

package struct PlaybookRun<Passes: PassRunning> {
  package let handle: RunStatus
  private var passes: Passes
  private let time: TimeSource
  private let log: Log
  private let random: @Sendable () -> Double
  private let onEnd: @Sendable (PassOutcome) -> Void

  /// - Parameters:
  ///   - random: 0 to 1, spreads the return of failing tenants.
  ///   - onEnd: called after each pass.
  package init(
    _ passes: Passes, handle: RunStatus, time: TimeSource, log: Log,
    random: @escaping @Sendable () -> Double = { Double.random(in: 0..<1) },
    onEnd: @escaping @Sendable (PassOutcome) -> Void = { _ in }
  ) {
    self.passes = passes
    self.handle = handle
    self.time = time
    self.log = log
    self.random = random
    self.onEnd = onEnd
  }

  /// Runs until the task is cancelled, or until a failure that no later pass can mend where `givesUp` says so.
  /// - Throws: that failure.
  package mutating func run(givesUp: Bool) async throws(Failure) {
    var cadence = PassTimer(every: passes.every, start: time.now())
    var isLocked = false
    while !Task.isCancelled {
      handle.note(isWaiting: false, sign: time.now())
      let ending = await passes.pass()
      let next = self.next(&cadence, ending)
      if let untold = passes.tell(ending, next: next) { log.failure(untold, level: .warning) }
      onEnd(ending)
      if Task.isCancelled { return }
      report(ending, next: next, again: isLocked)
      isLocked = ending.failure?.code == .stateLocked
      if givesUp, let failure = ending.failure, failure.isPermanent { throw failure }
      handle.note(isWaiting: true, sign: nil, summary: ending.failure?.code.rawValue ?? "ok", next: next)
      if await handle.alarm.wait(max(.zero, next - time.now()), time) { reload(&cadence) }
    }
  }

  /// A dead sink alone slows nothing down: the others get every window in time.
  private func next(_ cadence: inout PassTimer, _ ending: PassOutcome) -> Instant {
    if cadence.every != max(.seconds(1), passes.every) { cadence.restart(every: passes.every, now: time.now()) }
    let isSinksOnly = ending.report.failure == nil && !ending.report.sinkFailures.isEmpty
    guard let failure = ending.failure, !isSinksOnly else { return cadence.afterSuccess(now: time.now()) }
    return cadence.afterFailure(failure, now: time.now(), random: random())
  }

  /// A state that stays in use is told once, not at every try.
  private func report(_ ending: PassOutcome, next: Instant, again: Bool) {
    guard let failure = ending.failure, !(again && failure.code == .stateLocked) else { return }
    var values = [("playbook", handle.name), ("next", Timestamp.text(next))]
    if let hint = failure.hint { values.append(("hint", hint)) }
    log(failure.code == .stateLocked ? .info : .error, failure.code.rawValue, failure.sentence, values)
  }

  private mutating func reload(_ cadence: inout PassTimer) {
    do throws(Failure) {
      try passes.reload()
      log(.info, "config.reloaded", "The settings were read again.", [("playbook", handle.name)])
    } catch {
      log(
        .error, "config.reload_failed", "The settings in use stay: \(error.sentence)",
        [("playbook", handle.name), ("code", error.code.rawValue)])
    }
    cadence.restart(every: passes.every, now: time.now())
  }
}

extension Failure {
  /// True for what only a person can mend, with every other playbook or pass failing likewise.
  package var isPermanent: Bool {
    switch exit {
    case .configuration, .badData, .bug, .noInput, .usage: true
    case .done, .unavailable, .system, .cannotCreate, .ioError, .tryLater, .protocolBroken, .denied: false
    }
  }
}
