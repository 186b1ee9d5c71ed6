// `run`: collects for one or more playbooks until stopped.

internal import Checkpoint
internal import Configuration
internal import IntakeCore
internal import Synchronization
internal import Trigger

struct RunCommand: RunnableCommand {
  static let descriptor = Command(
    name: "run",
    summary: "keep collecting until stopped, one tenant or many",
    usage: "run PLAYBOOK... [OPTION]...",
    details: """
      Runs one pass of each playbook per `every` of its trigger, side by side; the starts of several are 50 ms apart. A
      failed pass is retried with increasing delays and does not affect other tenants. SIGTERM and SIGINT stop cleanly
      with exit status 0; a second one stops at once. SIGHUP reloads the playbooks and keeps the old version of any that
      is invalid. SIGUSR1 logs the status of each. Under systemd, READY, STATUS, WATCHDOG, RELOADING and STOPPING are sent.
      """,
    examples: [
      "message-trace run contoso.json", "message-trace run /etc/message-trace/*.json --metrics-file mail.prom",
    ],
    settings: Setting.allCases,
    options: [.aliveFile],
    operands: .files(1...1_000),
    implementation: Self.self)

  let context: CommandContext

  func run() async throws(Failure) -> ExitCode {
    var above = context.invocation.layer.over(SettingLayer(environment: context.environment))
    above.isOneOfSeveral = context.invocation.operands.count > 1
    let time = try context.time(above)
    let playbooks = context.invocation.operands.compactMap { try? Playbook.read($0).layer }
    let log = try context.log(above, time: time, quiet: .info, playbooks: playbooks)
    let metrics = MetricsRegistry()
    try ProcessDefaults.checkThreads(playbooks: context.invocation.operands.count)
    ProcessDefaults.raiseDescriptors(playbooks: context.invocation.operands.count)
    try checkStart(above, log)
    let fleets = Fleets(log: log)
    let runs = context.invocation.operands.map { [above] path in
      let load = { @Sendable () throws(Failure) -> TenantSettings in
        try TenantSettings(above.over(try Playbook.read(path).layer), environment: context.environment)
      }
      let name = Self.name(path)
      let own = log.tagged("playbook", name)
      let status = RunStatus(name: name)
      let passes = TenantPasses(
        time: time, log: own, metrics: metrics, heartbeat: status.heartbeat, fleets: fleets, load: load)
      return (status, FleetPasses(passes, name: name, time: time))
    }
    let daemon = Daemon(
      runs, notice: SystemdNotice(environment: context.environment), time: time, log: log, alive: try aliveFile(log))
    return try await StopSignals.guarding(late: .done, reload: { daemon.reload() }, report: { daemon.logStatus() }) {
      () async throws(Failure) -> ExitCode in
      defer { metrics.flush() }
      do throws(Failure) {
        try await daemon.run()
      } catch {
        await fleets.stop()
        throw error
      }
      await fleets.stop()
      return .done
    }.get()
  }

  /// Fails if every playbook is invalid, or if two share a state directory. A single invalid one is logged and retried
  /// by the daemon.
  private func checkStart(_ above: SettingLayer, _ log: Log) throws(Failure) {
    var states: [(playbook: String, path: String)] = []
    var failures: [Failure] = []
    for path in context.invocation.operands {
      do throws(Failure) {
        let settings = try context.tenantSettings(
          above.over(try Playbook.read(path).layer), log: log.tagged("playbook", Self.name(path)))
        states.append((path, settings.statePlace.sharedName))
      } catch {
        failures.append(error)
      }
    }
    try StateLocation.refuseShared(states)
    if failures.count == context.invocation.operands.count, let first = failures.first { throw first }
  }

  /// Replaces the file for probes; what cannot be written at the start ends the run.
  private func aliveFile(_ log: Log) throws(Failure) -> @Sendable () -> Void {
    guard let path = context.invocation.options[.aliveFile] else { return {} }
    let write = { @Sendable () throws(Failure) in
      try AtomicFile.replace(path, with: Array("\(Timestamp.text(TimeSource.system.now()))\n".utf8), mode: 0o644)
    }
    try write()
    return { do throws(Failure) { try write() } catch { log.failure(error, level: .warning) } }
  }

  /// The file name without folder and extension, for logs.
  private static func name(_ path: String) -> String {
    let file = path.split(separator: "/").last.map(String.init) ?? path
    return file.hasSuffix(".json") ? String(file.dropLast(5)) : file
  }
}
