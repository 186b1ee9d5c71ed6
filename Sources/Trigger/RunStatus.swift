// What others see of a run, and how they wake it.

internal import IntakeCore
internal import Synchronization

/// The status of one playbook's run.
package final class RunStatus: Sendable {
  package let name: String
  package let heartbeat = Heartbeat()
  let wakeSignal = WakeSignal()
  private let state = Mutex(State())

  private struct State {
    /// Between two passes. A run that has not begun its first pass is not waiting: it may be stuck.
    var isWaiting = false
    var summary = "starting"
    var next: Instant?
  }

  package init(name: String) { self.name = name }

  /// Requests a reload of the settings and a pass right after it.
  package func reload() { wakeSignal.ring() }

  /// One short line: `ok`, `starting` or the code of the failure.
  package var summary: String { state.withLock { $0.summary } }

  /// The values of the log line `run.status`.
  var values: [(String, String)] {
    state.withLock { state in
      let next = state.isWaiting ? state.next : nil
      return [("playbook", name), ("now", state.isWaiting ? "waiting" : "collecting"), ("last", state.summary)]
        + (next.map { [("next", Timestamp.text($0))] } ?? [])
    }
  }

  /// False if a pass is running or has yet to begin, and the last heartbeat is older than `limit`.
  func isAlive(now: Instant, within limit: Duration) -> Bool {
    guard state.withLock({ !$0.isWaiting }), let last = heartbeat.last else { return true }
    return now - last <= limit
  }

  /// A pass begins.
  func begin(_ now: Instant) {
    heartbeat.beat(now)
    state.withLock { state in
      state.isWaiting = false
      state.next = nil
    }
  }

  /// A pass has ended; the next begins at `next`.
  func wait(summary: String, next: Instant) {
    state.withLock { $0 = State(isWaiting: true, summary: summary, next: next) }
  }
}
