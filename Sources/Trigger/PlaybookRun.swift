// One playbook, pass after pass, until stopped. A failure delays only this playbook.

package import IntakeCore

/// Repeats the passes of one playbook.
package struct PlaybookRun<Passes: PassRunning> {
  package let status: RunStatus
  private var passes: Passes
  private let time: TimeSource
  private let log: Log
  private let random: @Sendable () -> Double
  private let onEnd: @Sendable (PassOutcome) -> Void
  private let delay: Duration

  /// - Parameters:
  ///   - delay: before the first pass, and before the one after a reload: what keeps many playbooks apart.
  ///   - random: 0 to 1, spreads the retries of failing tenants.
  ///   - onEnd: called after each pass.
  package init(
    _ passes: Passes, status: RunStatus, delay: Duration = .zero, time: TimeSource, log: Log,
    random: @escaping @Sendable () -> Double = { Double.random(in: 0..<1) },
    onEnd: @escaping @Sendable (PassOutcome) -> Void = { _ in }
  ) {
    self.passes = passes
    self.status = status
    self.delay = delay
    self.time = time
    self.log = log
    self.random = random
    self.onEnd = onEnd
  }

  /// Runs until the task is cancelled or, with `givesUp`, until a permanent failure of passes that have never worked:
  /// what has worked once can work again without an operator.
  /// - Throws: that failure.
  package mutating func run(givesUp: Bool) async throws(Failure) {
    await keepApart()
    var timer = PassTimer(every: passes.every, start: time.now())
    var isLocked = false
    while !Task.isCancelled {
      guard await isOurs(&timer) else { continue }
      status.begin(time.now())
      let outcome = await passes.pass()
      let next = self.next(&timer, outcome)
      if let failure = passes.publish(outcome, next: next) { log.failure(failure, level: .warning) }
      onEnd(outcome)
      if Task.isCancelled { return }
      report(outcome, next: next, again: isLocked)
      isLocked = outcome.failure?.isOfHolder == true
      if givesUp, !passes.haveWorked, let failure = outcome.failure, failure.isPermanent { throw failure }
      status.wait(after: outcome, next: next)
      guard await status.wakeSignal.wait(max(.zero, next - time.now()), time) else { continue }
      await keepApart()
      reload(&timer)
    }
  }

  /// Waits while another process of the fleet has the tenant. A tenant that was taken over is read at once.
  /// - Returns: false where the run has ended meanwhile.
  private mutating func isOurs(_ timer: inout PassTimer) async -> Bool {
    guard !passes.mayPass else { return true }
    status.standBy()
    await passes.waitForTurn()
    timer.restart(every: passes.every, now: time.now())
    return !Task.isCancelled
  }

  private func keepApart() async {
    if delay > .zero { _ = await status.wakeSignal.wait(delay, time) }
  }

  /// A failed sink or an open span alone does not delay the next pass: the rest is read and delivered in time.
  private func next(_ timer: inout PassTimer, _ outcome: PassOutcome) -> Instant {
    if timer.every != max(.seconds(1), passes.every) { timer.restart(every: passes.every, now: time.now()) }
    let isReadOn =
      outcome.interruption == nil
      && (!outcome.sinkFailures.isEmpty || outcome.openSpanFailure != nil || outcome.rejected > 0)
    guard let failure = outcome.failure, !isReadOn else { return timer.afterSuccess(now: time.now()) }
    return timer.afterFailure(failure, now: time.now(), random: random())
  }

  /// Logs a failure; a state that stays in use only once, not at every try.
  private func report(_ outcome: PassOutcome, next: Instant, again: Bool) {
    guard let failure = outcome.failure, !(again && failure.isOfHolder) else { return }
    var values = [("playbook", status.name), ("next", Timestamp.text(next))]
    if let hint = failure.hint { values.append(("hint", hint)) }
    log(level(of: failure), failure.code.rawValue, failure.sentence, values)
  }

  private func level(of failure: Failure) -> Log.Level {
    if failure.code == .stateFenced { return .warning }
    return failure.isOfHolder ? .info : .error
  }

  private mutating func reload(_ timer: inout PassTimer) {
    do throws(Failure) {
      try passes.reload()
      log(.info, "config.reloaded", "Settings reloaded.", [("playbook", status.name)])
    } catch {
      log(
        .error, "config.reload_failed", "Keeping the current settings: \(error.sentence)",
        [("playbook", status.name), ("code", error.code.rawValue)])
    }
    timer.restart(every: passes.every, now: time.now())
  }
}

extension Failure {
  /// True if no later pass can succeed before an operator changes something.
  package var isPermanent: Bool {
    switch exit {
    case .configuration, .badData, .bug, .noInput, .usage: true
    case .done, .unavailable, .system, .cannotCreate, .ioError, .tryLater, .protocolBroken, .denied: false
    }
  }
}
