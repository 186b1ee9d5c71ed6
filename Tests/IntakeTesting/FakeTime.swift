// A clock that stands still until someone sleeps on it.

package import IntakeCore
internal import Synchronization

/// Sleeping moves the clock and returns at once; what was slept is kept.
package final class FakeTime: Sendable {
  private let state: Mutex<(now: Instant, sleeps: [Duration])>

  package init(_ now: Instant = Instant(seconds: 1_770_000_000)) { state = Mutex((now, [])) }

  package var now: Instant { state.withLock { $0.now } }
  package var sleeps: [Duration] { state.withLock { $0.sleeps } }

  package func advance(_ duration: Duration) { state.withLock { $0.now = $0.now + duration } }

  package var source: TimeSource {
    TimeSource(
      now: { self.now },
      sleep: { (duration) throws(CancellationError) in
        guard !Task.isCancelled else { throw CancellationError() }
        self.state.withLock { state in
          state.now = state.now + duration
          state.sleeps.append(duration)
        }
      })
  }
}
