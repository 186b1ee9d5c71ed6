// Waiting that can be cut short: by the clock, by a reload, by the end.

package import IntakeCore
internal import Synchronization

/// What a waiting run is woken by.
package final class WakeSignal: Sendable {
  private struct State {
    var hasRung = false
    var waiting: CheckedContinuation<Void, Never>?
  }

  private let state = Mutex(State())

  package init() {}

  /// Wakes the waiter, now or when it next waits.
  package func ring() {
    let waiting = state.withLock { state in
      state.hasRung = true
      return take(&state)
    }
    waiting?.resume()
  }

  /// Waits so long, until `ring`, or until the task is cancelled. True if it was rung since the last wait.
  package func wait(_ duration: Duration, _ time: TimeSource) async -> Bool {
    await withTaskGroup(of: Void.self) { group in
      group.addTask { do { try await time.sleep(duration) } catch {} }
      group.addTask { await self.untilRung() }
      await group.next()
      group.cancelAll()
    }
    return state.withLock { state in
      defer { state.hasRung = false }
      return state.hasRung
    }
  }

  private func untilRung() async {
    await withTaskCancellationHandler {
      await withCheckedContinuation { continuation in
        let isOver = state.withLock { state in
          guard !state.hasRung, !Task.isCancelled else { return true }
          state.waiting = continuation
          return false
        }
        if isOver { continuation.resume() }
      }
    } onCancel: {
      state.withLock { take(&$0) }?.resume()
    }
  }

  private func take(_ state: inout State) -> CheckedContinuation<Void, Never>? {
    defer { state.waiting = nil }
    return state.waiting
  }
}
