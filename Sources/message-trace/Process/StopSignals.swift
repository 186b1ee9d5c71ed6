// Signals: the first SIGTERM, SIGINT or SIGHUP stops the work cleanly, the second ends the process at once. SIGUSR1
// requests a status line.

internal import Dispatch
internal import Glibc
internal import IntakeCore
internal import Synchronization

/// Runs work that signals can stop.
enum StopSignals {
  /// Seconds from the first signal to a forced exit; the state on disk is valid at any moment.
  private static let grace = 9

  /// Runs `work` on its own thread, so that it may block; a signal cancels its task. The commit protocol keeps the state
  /// on disk valid when a second signal ends the process.
  /// - Parameters:
  ///   - late: the exit code if the work does not end in time.
  ///   - reload: the action of SIGHUP; nil if it stops the work like the others.
  ///   - report: the action of SIGUSR1; nil to ignore it.
  static func guarding<Value: Sendable>(
    late: ExitCode = .tryLater, reload: (@Sendable () -> Void)? = nil,
    report: (@Sendable () -> Void)? = nil, _ work: sending @escaping () async throws(Failure) -> Value
  ) async -> Result<Value, Failure> {
    let working = Mutex<Task<Result<Value, Failure>, Never>?>(nil)
    let stopped = Atomic<Bool>(false)
    let registered = DispatchGroup()
    let sources = [SIGTERM, SIGINT, SIGHUP, SIGUSR1].map { number in
      let source = DispatchSource.makeSignalSource(signal: number, queue: .global())
      // Until the source is registered, a stop signal ends the process as usual, and SIGHUP and SIGUSR1 do nothing.
      if number == SIGHUP || number == SIGUSR1 { _ = signal(number, SIG_IGN) }
      source.setEventHandler {
        if number == SIGUSR1 {
          report?()
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
    // Wait for registration, so that no signal is lost once the work begins.
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
