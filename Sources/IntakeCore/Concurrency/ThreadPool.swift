// Threads for what blocks, shared by many executors and bounded in number.

internal import Dispatch
internal import Synchronization

/// Threads that are made when work waits and none is free, up to a limit, and end after a while without work.
///
/// Dispatch has one limit for a whole process: 255 queues that wait for a peer would stop every other one.
package final class ThreadPool: Sendable {
  /// For what waits for the disk: passes, quotas.
  package static let disk = ThreadPool(limit: 64)
  /// For sinks, which wait for a peer for as long as it takes: so many may stand still at the same moment, and none of
  /// them delays a pass.
  package static let peers = ThreadPool(limit: 96)
  /// Threads of both.
  package static let most = 160

  private struct State {
    var waiting = FirstInFirstOut<ThreadExecutor>()
    /// Threads that wait for work.
    var idle = 0
    var threads = 0

    /// One that has more to do goes on with it where none waits.
    mutating func next(after executor: ThreadExecutor?) -> ThreadExecutor? {
      if let executor {
        if waiting.isEmpty { return executor }
        waiting.append(executor)
      }
      return waiting.popFirst()
    }
  }

  private enum Next { case wake, start, nothing }

  private let limit: Int
  private let state = Mutex(State())
  private let work = DispatchSemaphore(value: 0)
  private static let longestIdle = DispatchTimeInterval.seconds(10)

  init(limit: Int) { self.limit = max(1, limit) }

  /// Threads at present.
  var count: Int { state.withLock { $0.threads } }

  /// Has one job of the executor run, behind those of others that came before.
  func submit(_ executor: ThreadExecutor) {
    let next = state.withLock { state -> Next in
      state.waiting.append(executor)
      if state.idle > 0 {
        state.idle -= 1
        return .wake
      }
      guard state.threads < limit else { return .nothing }
      state.threads += 1
      return .start
    }
    switch next {
    case .wake: work.signal()
    case .nothing: return
    case .start:
      guard !BlockingThread.start({ self.runAll() }) else { return }
      // Others of the pool come to it later; where it has none, the caller has to do it.
      let isLast = state.withLock { state in
        state.threads -= 1
        return state.threads == 0
      }
      if isLast { runWaiting() }
    }
  }

  private func runWaiting() {
    var executor = state.withLock { $0.waiting.popFirst() }
    while let current = executor {
      let isMore = current.runNext()
      executor = state.withLock { $0.next(after: isMore ? current : nil) }
    }
  }

  /// One thread of the pool.
  private func runAll() {
    while true {
      runWaiting()
      let isIdle = state.withLock { state in
        guard state.waiting.isEmpty else { return false }
        state.idle += 1
        return true
      }
      guard isIdle else { continue }
      guard work.wait(timeout: .now() + Self.longestIdle) == .timedOut else { continue }
      let isOver = state.withLock { state in
        guard state.idle > 0 else { return false }
        state.idle -= 1
        state.threads -= 1
        return true
      }
      if isOver { return }
      // A signal for this thread is on its way.
      work.wait()
    }
  }
}

/// A queue that keeps nothing of what has left it.
struct FirstInFirstOut<Element> {
  private var entered: [Element] = []
  /// The first at the end.
  private var leaving: [Element] = []

  var isEmpty: Bool { entered.isEmpty && leaving.isEmpty }

  mutating func append(_ element: Element) { entered.append(element) }

  mutating func popFirst() -> Element? {
    if leaving.isEmpty {
      leaving = entered.reversed()
      entered.removeAll(keepingCapacity: leaving.count < 64)
    }
    return leaving.popLast()
  }
}
