// Time as an argument: the clock and the waits.

internal import CSystem
internal import Glibc

/// A clock and a way to wait. Tests and `--now` use their own.
package struct TimeSource: Sendable {
  package var now: @Sendable () -> Instant
  package var sleep: @Sendable (Duration) async throws(CancellationError) -> Void

  package init(
    now: @escaping @Sendable () -> Instant,
    sleep: @escaping @Sendable (Duration) async throws(CancellationError) -> Void = TimeSource.systemSleep
  ) {
    self.now = now
    self.sleep = sleep
  }

  /// The host's clock.
  package static let system = TimeSource(now: { systemNow() })

  /// The clock at `instant` at the moment of this call, running on from there; waits are real.
  package static func starting(at instant: Instant) -> TimeSource {
    let difference = instant - systemNow()
    return TimeSource(now: { systemNow() + difference })
  }

  /// Wakes early and throws when the task is cancelled.
  @Sendable
  package static func systemSleep(_ duration: Duration) async throws(CancellationError) {
    do { try await Task.sleep(for: duration) } catch { throw CancellationError() }
  }

  /// `CLOCK_MONOTONIC`: since the host started, whatever happens to its clock.
  package static var monotonic: Duration { read(CLOCK_MONOTONIC) - Instant(ticks: 0) }

  private static func systemNow() -> Instant { read(CLOCK_REALTIME) }

  private static func read(_ clock: clockid_t) -> Instant { Instant(ticks: csystem_clock_ticks(clock)) }
}
