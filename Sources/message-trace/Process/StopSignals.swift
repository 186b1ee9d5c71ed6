// SIGTERM, SIGINT and SIGHUP: the first ends the work cleanly, a second one ends the process at once. SIGUSR1 asks how it
// stands and ends nothing.

internal import Dispatch
internal import Glibc
internal import IntakeCore
internal import Synchronization

/// Runs work that a signal may stop.
enum StopSignals {
  /// What has not ended so long after the first signal is left: the state on disk is valid at any moment.
  private static let grace = 9

  /// Runs `work` on a thread of its own, so that it may block; a signal cancels its task.
  /// The state on disk is valid whenever a second signal ends the process: that is what the commit protocol is for.
  /// - Parameters:
  ///   - late: the exit status where the work does not end in time.
  ///   - reload: what SIGHUP asks for, nil where it stops the work like the others.
  ///   - tell: what SIGUSR1 asks for; nil: it is ignored.
  static func guarding<Value: Sendable>(
    late: ExitCode = .tryLater, reload: (@Sendable () -> Void)? = nil,
    tell: (@Sendable () -> Void)? = nil, _ work: sending @escaping () async throws(Failure) -> Value
  ) async -> Result<Value, Failure> {
    let working = Mutex<Task<Result<Value, Failure>, Never>?>(nil)
    let stopped = Atomic<Bool>(false)
    let registered = DispatchGroup()
    let sources = [SIGTERM, SIGINT, SIGHUP, SIGUSR1].map { number in
      let source = DispatchSource.makeSignalSource(signal: number, queue: .global())
      // Until the source listens, a stop ends the process as usual, and what asks for something finds nothing to ask.
      if number == SIGHUP || number == SIGUSR1 { _ = signal(number, SIG_IGN) }
      source.setEventHandler {
        if number == SIGUSR1 {
          tell?()
          return
        }
        if number == SIGHUP, let reload { return reload() }
        if stopped.exchange(true, ordering: .sequentiallyConsistent) { _exit(128 + number) }
        working.withLock { $0 }?.cancel()
        DispatchQueue.global().asyncAfter(deadline: .now() + .seconds(grace)) { _exit(late.rawValue) }
      }
      registered.enter()
      source.setRegistrationHandler { registered.leave() }
      source.resume()
      return source
    }
    defer { for source in sources { source.cancel() } }
    // No signal that comes once the work has begun is lost.
    await withCheckedContinuation { (ready: CheckedContinuation<Void, Never>) in
      registered.notify(queue: .global()) { ready.resume() }
    }
    let executor = ThreadExecutor(name: "message-trace.work")
    let task = Task(executorPreference: executor) { () async -> Result<Value, Failure> in
      do throws(Failure) { return .success(try await work()) } catch { return .failure(error) }
    }
    working.withLock { $0 = task }
    if stopped.load(ordering: .sequentiallyConsistent) { task.cancel() }
    return await task.value
  }
}
