// When the next pass starts: by the clock without drift or pile-up, later after failures. Pure: instants in, instant out.

package import IntakeCore

/// Computes the start of each pass of one playbook.
package struct PassTimer: Sendable, Equatable {
  package var every: Duration
  /// Passes that failed in a row.
  package private(set) var failures = 0
  private var slot: Instant

  /// The longest pause after a failure, unless the interval itself is longer.
  package static let longestPause: Duration = .seconds(900)
  /// After finding the state in use: the other process needs it for one pass or one slice of a backfill.
  static let turn: Duration = .seconds(1)

  /// - Parameter start: of the first pass; every later one starts a whole number of intervals after it.
  package init(every: Duration, start: Instant) {
    self.every = max(.seconds(1), every)
    slot = start
  }

  /// After a successful pass: the next slot of the grid. Slots that a long pass has missed are skipped.
  package mutating func afterSuccess(now: Instant) -> Instant {
    failures = 0
    let behind = max(0, (now - slot).ticks)
    let steps = behind / max(1, every.ticks) + 1
    // A clock that was set back by hours must not leave the tenant waiting for it.
    slot = slot - now > every ? now + every : slot + .ticks(every.ticks * steps)
    return slot
  }

  /// After a failed pass: the interval doubled for each failure in a row up to `longestPause`, or the peer's
  /// Retry-After (at most an hour) if that is longer; plus up to a quarter at random, so that many tenants do not retry
  /// at the same moment.
  /// - Parameter random: 0 to 1.
  package mutating func afterFailure(_ failure: Failure, now: Instant, random: Double) -> Instant {
    guard !failure.isOfHolder else { return now + min(every, Self.turn) * (0.5 + random / 2) }
    failures = min(failures + 1, 1_000)
    var pause = min(every * (1 << min(failures, 10)), max(every, Self.longestPause))
    if case .later(let retryAfter?) = failure.recovery { pause = max(pause, min(retryAfter, .seconds(3_600))) }
    slot = now + pause * (1 + random / 4)
    return slot
  }

  /// After a reload: the next pass starts at once, and with it a new grid.
  package mutating func restart(every: Duration, now: Instant) {
    self = PassTimer(every: every, start: now)
  }
}
