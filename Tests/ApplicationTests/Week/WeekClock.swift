// Simulated time for many tenants: each on a clock of its own that jumps from pass to pass, all held at the end of a day.

internal import IntakeCore
internal import Synchronization

/// Where tenants wait for each other at the end of each simulated day.
final class DayGate: Sendable {
  private struct State {
    var end: Instant
    var waiting: [CheckedContinuation<Void, Never>] = []
    var coordinator: CheckedContinuation<Void, Never>?
  }

  private let tenants: Int
  private let state: Mutex<State>

  init(tenants: Int, end: Instant) {
    self.tenants = tenants
    state = Mutex(State(end: end))
  }

  /// Returns once the day of `instant` has begun.
  func pass(_ instant: Instant) async {
    await withCheckedContinuation { (arriving: CheckedContinuation<Void, Never>) in
      let ready = state.withLock { state in
        guard instant >= state.end else { return Optional(arriving) }
        state.waiting.append(arriving)
        return take(&state)
      }
      ready?.resume()
    }
  }

  /// Returns once every tenant waits at the end of the day.
  func allArrived() async {
    await withCheckedContinuation { (coordinator: CheckedContinuation<Void, Never>) in
      let ready = state.withLock { state in
        state.coordinator = coordinator
        return take(&state)
      }
      ready?.resume()
    }
  }

  /// Lets all go on until `end`.
  func open(until end: Instant) {
    let waiting = state.withLock { state in
      defer { state.waiting = [] }
      state.end = end
      return state.waiting
    }
    for tenant in waiting { tenant.resume() }
  }

  /// The coordinator, if all have arrived.
  private func take(_ state: inout State) -> CheckedContinuation<Void, Never>? {
    guard state.waiting.count == tenants else { return nil }
    defer { state.coordinator = nil }
    return state.coordinator
  }
}

/// One tenant's clock: whoever sleeps on it goes on at once, but not past the gate.
final class WeekClock: Sendable {
  private let now: Mutex<Instant>
  private let gate: DayGate

  init(_ start: Instant, gate: DayGate) {
    now = Mutex(start)
    self.gate = gate
  }

  var source: TimeSource {
    TimeSource(
      now: { self.now.withLock { $0 } },
      sleep: { duration async throws(CancellationError) in
        let target = self.now.withLock { $0 } + duration
        await self.gate.pass(target)
        guard !Task.isCancelled else { throw CancellationError() }
        self.now.withLock { $0 = max($0, target) }
      })
  }
}
