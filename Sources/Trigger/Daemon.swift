// Many playbooks in one process, on a bounded number of threads, with one connection to systemd.
//
// From the whole to the part; those marked * are types of the executable:
//
//     Daemon         all playbooks: starts, watchdog, reload
//     PlaybookRun    one playbook: passes until stopped
//     PassTimer      when its next pass starts
//     RunStatus      what it is doing now, for the log line and systemd
//     PassRunning    the protocol of what runs its passes
//     TenantPasses*  implements it: opens source, state and sinks for each pass
//     TenantPass*    one pass of a tenant: Pass, then details
//     Pass           one pass: the journal, the live window, the revisits that are due (Schedule)
//     PassOutcome    what a pass did and what went wrong
//     PassStatus*    what status.json keeps of outcomes
//     TenantStatus*  what `status` shows: PassStatus, the state, a backfill

package import IntakeCore

/// Runs playbooks side by side until the task is cancelled.
package struct Daemon<Passes: PassRunning & Sendable>: Sendable {
  /// A pass without a heartbeat for this long counts as stuck: the watchdog is then no longer notified.
  package static var longestSilence: Duration { Heartbeat.longestSilence }
  /// Between the starts of two playbooks: the passes of 1,000 spread over most of a minute.
  static var spacing: Duration { .milliseconds(50) }

  private let notice: SystemdNotice
  private let time: TimeSource
  private let log: Log
  private let runs: [(status: RunStatus, passes: Passes)]
  private let alive: @Sendable () -> Void

  /// - Parameters:
  ///   - runs: the passes of each playbook, with its status.
  ///   - notice: the connection to systemd.
  ///   - time: of the passes.
  ///   - log: for all playbooks.
  ///   - alive: called about every 15 seconds while every playbook makes progress.
  package init(
    _ runs: [(RunStatus, Passes)], notice: SystemdNotice, time: TimeSource, log: Log,
    alive: @escaping @Sendable () -> Void = {}
  ) {
    self.alive = alive
    self.runs = runs.map { (status: $0.0, passes: $0.1) }
    self.notice = notice
    self.time = time
    self.log = log
  }

  /// Runs until the task is cancelled. A single playbook's permanent failure ends the run.
  package func run() async throws(Failure) {
    let isAlone = runs.count == 1
    for run in runs { run.status.heartbeat.beat(time.now()) }
    notice.ready(summary)
    let failure = await withTaskGroup(of: Failure?.self) { group in
      for (index, run) in runs.enumerated() {
        let executor = ThreadExecutor(name: "message-trace.\(run.status.name)")
        let delay = Self.spacing * index
        group.addTask(executorPreference: executor) {
          await Self.keep(run.status, run.passes, delay: delay, time: time, log: log, givesUp: isAlone)
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

  /// SIGHUP: reloads every playbook, each independently.
  package func reload() {
    notice.reloading()
    for run in runs { run.status.reload() }
    notice.ready(summary)
  }

  /// SIGUSR1: logs one line a playbook, whatever the log level.
  package func logStatus() {
    var loud = log
    loud.level = .info
    for run in runs { loud(.info, "run.status", "Status of a playbook.", run.status.values) }
  }

  private static func keep(
    _ status: RunStatus, _ passes: Passes, delay: Duration, time: TimeSource, log: Log, givesUp: Bool
  ) async -> Failure? {
    var run = PlaybookRun(passes, status: status, delay: delay, time: time, log: log)
    do throws(Failure) {
      try await run.run(givesUp: givesUp)
      return nil
    } catch {
      return error
    }
  }

  /// Sends status and watchdog notifications until cancelled.
  private func watch() async {
    let pause = min(.seconds(15), (notice.watchdog ?? .seconds(30)) / 2)
    while !Task.isCancelled {
      let now = time.now()
      if runs.allSatisfy({ $0.status.isAlive(now: now, within: Self.longestSilence) }) {
        if notice.watchdog != nil { notice.alive() }
        alive()
      }
      notice.status(summary)
      do { try await TimeSource.systemSleep(pause) } catch { return }
    }
  }

  /// Such as `19 of 20 playbooks well; contoso: signin.denied`. One that has not ended a pass yet is not well: `starting`.
  private var summary: String {
    let failing = runs.map { ($0.status.name, $0.status.last) }.filter { ![.succeeded, .elsewhere].contains($0.1) }
    let well = "\(runs.count - failing.count) of \(runs.count) playbooks well"
    return ([well] + failing.prefix(5).map { "\($0.0): \($0.1)" }).joined(separator: "; ")
  }
}
