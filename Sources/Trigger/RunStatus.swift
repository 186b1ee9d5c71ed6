// The status of a run, and the signal that wakes it.

internal import IntakeCore
internal import Synchronization

/// The status of one playbook's run.
package final class RunStatus: Sendable {
  package let name: String
  package let heartbeat = Heartbeat()
  let wakeSignal = WakeSignal()
  private let state = Mutex(State())

  /// The result of the pass before, as log lines and systemd show it.
  enum LastPass: Sendable, Equatable, CustomStringConvertible {
    /// No pass has ended yet.
    case none
    case succeeded
    case failed(Failure.Code)
    /// Another process of the fleet has the tenant.
    case elsewhere

    init(_ outcome: PassOutcome) { self = outcome.failure.map { .failed($0.code) } ?? .succeeded }

    /// `starting`, `ok`, `elsewhere` or the code of the failure.
    var description: String {
      switch self {
      case .none: "starting"
      case .succeeded: "ok"
      case .elsewhere: "elsewhere"
      case .failed(let code): code.rawValue
      }
    }
  }

  private struct State {
    /// Between two passes. A run that has not begun its first pass is not waiting: it may be stuck.
    var isWaiting = false
    var last = LastPass.none
    var next: Instant?
  }

  package init(name: String) { self.name = name }

  /// Requests a reload of the settings and a pass right after it.
  package func reload() { wakeSignal.ring() }

  var last: LastPass { state.withLock { $0.last } }

  /// The values of the log line `run.status`.
  var values: [(String, String)] {
    state.withLock { state in
      let next = state.isWaiting ? state.next : nil
      return [("playbook", name), ("now", state.isWaiting ? "waiting" : "collecting"), ("last", "\(state.last)")]
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

  /// Another process of the fleet has the tenant.
  func standBy() { state.withLock { $0 = State(isWaiting: true, last: .elsewhere) } }

  /// A pass has ended; the next begins at `next`.
  func wait(after outcome: PassOutcome, next: Instant) {
    state.withLock { $0 = State(isWaiting: true, last: LastPass(outcome), next: next) }
  }
}
