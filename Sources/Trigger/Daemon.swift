// Many playbooks in one process: each on a thread of its own, one voice towards systemd.

package import IntakeCore

/// Runs playbooks side by side until the task is cancelled.
package struct Daemon<Passes: PassRunning & Sendable>: Sendable {
  /// A pass that shows no sign of life for so long is stuck: the watchdog is no longer told that all is well.
  package static var longestSilence: Duration { .seconds(3_600) }

  private let notice: SystemdNotice
  private let time: TimeSource
  private let log: Log
  private let runs: [(handle: RunStatus, passes: Passes)]

  package init(_ runs: [(RunStatus, Passes)], notice: SystemdNotice, time: TimeSource, log: Log) {
    self.runs = runs.map { (handle: $0.0, passes: $0.1) }
    self.notice = notice
    self.time = time
    self.log = log
  }

  /// Ends when the task is cancelled; a playbook that is alone ends it with a failure that no later pass can mend.
  package func run() async throws(Failure) {
    let isAlone = runs.count == 1
    notice.ready(summary)
    let failure = await withTaskGroup(of: Failure?.self) { group in
      for run in runs {
        let executor = ThreadExecutor(name: "message-trace.\(run.handle.name)")
        group.addTask(executorPreference: executor) {
          await Self.keep(run.handle, run.passes, time: time, log: log, givesUp: isAlone)
        }
      }
      group.addTask {
        await watch()
        return nil
      }
      let first = await group.next() ?? nil
      group.cancelAll()
      return first
    }
    notice.stopping()
    if let failure { throw failure }
  }

  /// SIGHUP: every playbook is read again, each for itself.
  package func reload() {
    notice.reloading()
    for run in runs { run.handle.reload() }
    notice.ready(summary)
  }

  /// SIGUSR1: one line a playbook, whatever the level of the log.
  package func tell() {
    var loud = log
    loud.level = .info
    for run in runs { loud(.info, "run.status", "How it stands.", run.handle.values) }
  }

  private static func keep(
    _ handle: RunStatus, _ passes: Passes, time: TimeSource, log: Log, givesUp: Bool
  ) async -> Failure? {
    var run = PlaybookRun(passes, handle: handle, time: time, log: log)
    do throws(Failure) {
      try await run.run(givesUp: givesUp)
      return nil
    } catch {
      return error
    }
  }

  /// Tells how it stands, and that it lives, until cancelled.
  private func watch() async {
    let pause = min(.seconds(15), (notice.watchdog ?? .seconds(30)) / 2)
    while !Task.isCancelled {
      let now = time.now()
      if notice.watchdog != nil, runs.allSatisfy({ $0.handle.isAlive(now: now, within: Self.longestSilence) }) {
        notice.alive()
      }
      notice.status(summary)
      do { try await TimeSource.sleepReally(pause) } catch { return }
    }
  }

  /// `19 of 20 playbooks well; contoso: signin.denied`.
  private var summary: String {
    let states = runs.map { ($0.handle.name, $0.handle.summary) }
    let failing = states.filter { $0.1 != "ok" && $0.1 != "starting" }
    let well = "\(runs.count - failing.count) of \(runs.count) playbooks well"
    return ([well] + failing.prefix(5).map { "\($0.0): \($0.1)" }).joined(separator: "; ")
  }
}
