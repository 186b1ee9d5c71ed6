// `backfill`: collects a bounded span, resumes an earlier run of the same span, and reports progress.

internal import Configuration
internal import IntakeCore
internal import Trigger

struct BackfillCommand: RunnableCommand {
  static let descriptor = Command(
    name: "backfill",
    summary: "collect a past time range, with progress; resumable",
    usage: "backfill [PLAYBOOK] --from INSTANT --to INSTANT [OPTION]...",
    details: """
      Reads the time range in slices within the quota and leaves part of the quota to live collection, which may run
      at the same time. Skips what was delivered before. If it is stopped or killed, the same call resumes it. The range
      may start as far back as the service keeps rows: 90 days (graph), 30 days (reporting).
      """,
    examples: [
      "message-trace backfill contoso.json --from 2026-08-01T00:00:00Z --to 2026-09-01T00:00:00Z",
      "message-trace backfill contoso.json --from 2026-08-01 --to 2026-09-01 --order oldest",
    ],
    settings: Setting.allCases,
    options: [.from, .to, .order],
    operands: .optionalPlaybook,
    implementation: Self.self)

  let context: CommandContext

  func run() async throws(Failure) -> ExitCode {
    try ProcessDefaults.checkThreads(playbooks: 1)
    let layer = try context.layer()
    let time = try context.time(layer)
    let log = try context.log(
      layer, time: time, quiet: .info,
      write: context.terminal.isInteractive ? ProgressReporter.writeOverBar : Log.writeToStandardError)
    let configuration = try TenantSettings(layer, environment: context.environment)
    let progress = try progress(configuration, now: time.now())
    let quiet = context.terminal.isInteractive && layer[.logLevel] == nil
    let reporter = ProgressReporter(progress, isInteractive: context.terminal.isInteractive, log: log, now: time.now())
    var passLog = log
    if quiet { passLog.level = .warning }
    let assembly = Assembly(configuration, time: time, log: passLog)
    let ended = await StopSignals.guarding { () async throws(Failure) -> BackfillProgress in
      var backfill = Backfill(assembly, progress: progress) { reporter.report($0, now: time.now()) }
      try await backfill.run()
      if let failure = backfill.sinkFailure { throw failure }
      return backfill.progress
    }
    reporter.end()
    switch ended {
    case .success(let progress):
      reporter.summary(progress)
      return .done
    case .failure(let failure):
      guard !context.terminal.isInteractive else { throw failure }
      log.failure(failure)
      return failure.exit
    }
  }

  /// The requested span, with the progress of an earlier run over the same span.
  private func progress(_ configuration: TenantSettings, now: Instant) throws(Failure) -> BackfillProgress {
    guard let from = try instant(.from) else { throw usage("--from INSTANT is required.") }
    let order = try order()
    let earlier = BackfillProgress.read(configuration.statePath)
    let settled = now - configuration.schedule.lag
    if let earlier, earlier.span.start == from, earlier.order == order {
      let asked = try instant(.to)
      if asked == nil || asked == earlier.span.end { return earlier }
    }
    let end = min(try instant(.to) ?? settled, settled)
    guard from < end else { throw usage("--from must be before --to and before now.") }
    return BackfillProgress(span: Window(start: from, end: end), order: order, updated: now)
  }

  private func order() throws(Failure) -> BackfillProgress.Order {
    BackfillProgress.Order(rawValue: try context.chosen(.order)) ?? .newest
  }

  /// The value of an option as an instant; a date means its midnight in UTC.
  private func instant(_ option: CommandOption) throws(Failure) -> Instant? {
    guard let text = context.invocation.options[option] else { return nil }
    if let instant = Timestamp.parse(text) ?? Timestamp.parse("\(text)T00:00:00Z") { return instant }
    throw usage(
      "--\(option.rawValue) must be an instant such as 2026-08-01T00:00:00Z or a date, not \(Log.clean(text, limit: 60))."
    )
  }

  private func usage(_ sentence: String) -> Failure {
    Invocation.usage(sentence, help: "message-trace help backfill")
  }
}
