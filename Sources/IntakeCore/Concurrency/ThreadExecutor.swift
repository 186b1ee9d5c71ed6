// Where jobs run that block: a pipeline's file calls, a sink's peer. The cooperative pool has as many threads as cores
// and must never wait for a disk or a peer.

internal import Synchronization

/// Runs jobs one after another, each on a thread of a pool for what blocks: one that waits holds back no other executor
/// until all threads of its pool wait.
package final class ThreadExecutor: SerialExecutor, TaskExecutor {
  /// For debuggers.
  package let name: String
  private let pool: ThreadPool
  private let state = Mutex(State())

  private struct State {
    var jobs = FirstInFirstOut<UnownedJob>()
    /// In the pool's queue, or running.
    var isActive = false
  }

  package init(name: String, pool: ThreadPool = .disk) {
    self.name = name
    self.pool = pool
  }

  package func enqueue(_ job: consuming ExecutorJob) {
    let job = UnownedJob(job)
    let isFirst = state.withLock { state in
      state.jobs.append(job)
      defer { state.isActive = true }
      return !state.isActive
    }
    if isFirst { pool.submit(self) }
  }

  /// Runs one job.
  /// - Returns: true if there are more: it is to be called again.
  func runNext() -> Bool {
    if let job = state.withLock({ $0.jobs.popFirst() }) {
      unsafe job.runSynchronously(isolatedTo: asUnownedSerialExecutor(), taskExecutor: asUnownedTaskExecutor())
    }
    return state.withLock { state in
      state.isActive = !state.jobs.isEmpty
      return state.isActive
    }
  }

  package func asUnownedSerialExecutor() -> UnownedSerialExecutor { unsafe UnownedSerialExecutor(ordinary: self) }
}
