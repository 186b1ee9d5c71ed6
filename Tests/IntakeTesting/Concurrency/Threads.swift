// A thread for what blocks in a test. Not Dispatch: its pool has a limit, which hundreds of servers at once would reach.

internal import Glibc

package enum Threads {
  /// Runs `body` on a new detached thread.
  package static func start(_ body: @escaping @Sendable () -> Void) {
    let box = unsafe Unmanaged.passRetained(Box(body: body))
    var thread = pthread_t()
    let code = unsafe pthread_create(
      &thread, nil,
      { box in
        if let box = unsafe box { unsafe Unmanaged<Box>.fromOpaque(box).takeRetainedValue().body() }
        return nil
      }, box.toOpaque())
    precondition(code == 0, "no thread can be started")
    pthread_detach(thread)
  }

  private final class Box: Sendable {
    let body: @Sendable () -> Void
    init(body: @escaping @Sendable () -> Void) { self.body = body }
  }
}
