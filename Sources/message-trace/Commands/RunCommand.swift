// `run`: playbooks side by side, pass after pass, until stopped.

internal import IntakeCore
internal import Synchronization
internal import Trigger

struct RunCommand {
  let job: Job

  func run() async throws(Failure) -> ExitCode {
    let above = job.invocation.layer.over(SettingLayer(environment: job.environment))
    let time = try job.time(above)
    let log = try job.log(above, time: time, quiet: .info)
    let metrics = MetricsShelf()
    try checkStart(above, log)
    let runs = job.invocation.operands.map { path in
      let load = { @Sendable () throws(Failure) -> Configuration in
        try Configuration(above.over(try Playbook.read(path).layer), environment: job.environment)
      }
      let name = Self.name(path)
      let own = log.tagged("playbook", name)
      return (RunHandle(name: name), TenantPasses(time: time, log: own, metrics: metrics, load: load))
    }
    let daemon = Daemon(runs, notice: SystemdNotice(environment: job.environment), time: time, log: log)
    return try await StopSignals.guarding(late: .done, reload: { daemon.reload() }, tell: { daemon.tell() }) {
      () async throws(Failure) -> ExitCode in
      try await daemon.run()
      return .done
    }.get()
  }

  /// Where no playbook at all can be used there is nothing to run; where some can, those that cannot are told and tried
  /// again. No two may share a state directory.
  private func checkStart(_ above: SettingLayer, _ log: Log) throws(Failure) {
    var states: [String: String] = [:]
    var failures: [Failure] = []
    for path in job.invocation.operands {
      do throws(Failure) {
        let configuration = try Configuration(above.over(try Playbook.read(path).layer), environment: job.environment)
        if let other = states.updateValue(path, forKey: configuration.statePath) {
          throw Failure(
            .sharedState, exit: .configuration,
            "Starting: \(path) and \(other) name the same state directory \(configuration.statePath).",
            hint: "Give each playbook a directory of its own.")
        }
      } catch {
        if error.code == .sharedState { throw error }
        failures.append(error)
      }
    }
    if failures.count == job.invocation.operands.count, let first = failures.first { throw first }
  }

  /// The file's name without folder and extension: short enough for logs.
  private static func name(_ path: String) -> String {
    let file = path.split(separator: "/").last.map(String.init) ?? path
    return file.hasSuffix(".json") ? String(file.dropLast(5)) : file
  }
}

extension Failure.Code {
  /// Two playbooks of one process use the same state directory.
  fileprivate static let sharedState = Self(rawValue: "config.shared_state")
}
