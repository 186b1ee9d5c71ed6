// A clock for tests: it stands still until it is moved, and waiting moves it.

package import IntakeCore
internal import Synchronization

/// A clock that only `advance`, `move` and waiting change. A wait returns at once and is recorded.
package final class ManualClock: Sendable {
  private let state: Mutex<(now: Instant, sleeps: [Duration])>
  private let end: Instant?

  /// - Parameter end: a wait that reaches it throws `CancellationError`, as if the program had been stopped.
  package init(_ now: Instant = Instant(seconds: 1_770_000_000), until end: Instant? = nil) {
    state = Mutex((now, []))
    self.end = end
  }

  package var now: Instant { state.withLock { $0.now } }
  /// Every wait so far.
  package var sleeps: [Duration] { state.withLock { $0.sleeps } }

  package func move(to instant: Instant) { state.withLock { $0.now = instant } }
  package func advance(by duration: Duration) { state.withLock { $0.now = $0.now + duration } }

  package var source: TimeSource {
    TimeSource(
      now: { self.now },
      sleep: { (duration) throws(CancellationError) in
        guard !Task.isCancelled else { throw CancellationError() }
        let now = self.state.withLock { state in
          state.now = state.now + duration
          state.sleeps.append(duration)
          return state.now
        }
        if let end = self.end, now >= end { throw CancellationError() }
      })
  }
}
