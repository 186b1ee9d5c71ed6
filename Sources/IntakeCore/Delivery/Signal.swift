// Waiting for another task of the same pipeline, with a time limit that cancellation does not change.

internal import Dispatch
internal import Synchronization

/// What one task waits on and others ring. Rings between two waits count as one.
///
/// A wait ends with a ring or with its limit, never with the cancellation of its task: whoever waits checks its condition
/// again, and whoever is cancelled rings.
final class Signal: Sendable {
  private struct State {
    var hasRung = false
    var waiting: CheckedContinuation<Void, Never>?
  }

  private let state = Mutex(State())

  /// Wakes the waiter, now or when it next waits.
  func ring() {
    let waiting = state.withLock { state in
      state.hasRung = true
      defer { state.waiting = nil }
      return state.waiting
    }
    waiting?.resume()
  }

  /// Waits for a ring since the last wait.
  /// - Parameter limit: in real time, whatever clock the pipeline has; nil: for as long as it takes.
  func wait(atMost limit: Duration? = nil) async {
    if let limit {
      let milliseconds = Int(clamping: max(0, limit.ticks) / 10_000 + 1)
      DispatchQueue.global().asyncAfter(deadline: .now() + .milliseconds(milliseconds)) { [self] in ring() }
    }
    await withCheckedContinuation { continuation in
      let hasRung = state.withLock { state in
        if !state.hasRung { state.waiting = continuation }
        return state.hasRung
      }
      if hasRung { continuation.resume() }
    }
    state.withLock { $0.hasRung = false }
  }
}
