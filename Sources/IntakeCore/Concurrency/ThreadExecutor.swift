// A thread of its own for what blocks: a pipeline's file calls, a transport's libcurl. The cooperative pool has as many
// threads as cores and must never wait for a disk or a peer.

internal import Dispatch

/// Runs jobs in order on a serial queue that may block: the queue's thread comes from Dispatch's overcommitting pool,
/// so one that waits holds back nobody else.
package final class ThreadExecutor: SerialExecutor, TaskExecutor {
  private let queue: DispatchQueue

  /// - Parameter name: shown by debuggers.
  package init(name: String) { queue = DispatchQueue(label: name) }

  package func enqueue(_ job: consuming ExecutorJob) {
    let job = UnownedJob(job)
    queue.async { [self] in
      unsafe job.runSynchronously(isolatedTo: asUnownedSerialExecutor(), taskExecutor: asUnownedTaskExecutor())
    }
  }

  package func asUnownedSerialExecutor() -> UnownedSerialExecutor { unsafe UnownedSerialExecutor(ordinary: self) }
}
