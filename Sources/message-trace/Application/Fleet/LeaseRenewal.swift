// The lease of a tenant that is worked with outside of `run`: by a collection from cron, a backfill, a sending again.

internal import Checkpoint
internal import Dispatch
internal import IntakeCore

/// Renews a lease on a thread of its own, however long a sink or the service takes, until it is stopped or lost.
final class LeaseRenewal: Sendable {
  private let end = DispatchSemaphore(value: 0)

  /// Begins at once.
  init(_ lease: TenantLease, log: Log) {
    let pause = DispatchTimeInterval.milliseconds(max(500, lease.length.wholeMilliseconds / 3))
    let hasBegun = BlockingThread.start { [end] in
      while end.wait(timeout: .now() + pause) == .timedOut {
        do throws(Failure) {
          try lease.renew()
        } catch {
          // What follows is refused by the fence, with the same code.
          if error.code == .stateFenced { return }
          log.failure(error, level: .debug)
        }
      }
    }
    if !hasBegun {
      log(.warning, "os.threads", "The system has no more threads: only the steps of the pass renew the lease.")
    }
  }

  func stop() { end.signal() }
}
