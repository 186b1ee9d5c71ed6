// `backfill`: collects a bounded span, resumes an earlier run of the same span, and reports progress.

internal import Checkpoint
internal import Configuration
internal import IntakeCore
internal import Trigger

struct BackfillCommand: RunnableCommand {
  static let descriptor = Command(
    name: "backfill",
    summary: "collect a past time range, with progress; resumable",
    usage: "backfill [PLAYBOOK] --from DATE [--to DATE] [OPTION]...",
    details: """
      Reads the time range in slices within the quota and leaves part of the quota to live collection, which may run
      at the same time. Skips what was delivered before. If it is stopped or killed, the same call resumes it, and a call
      for another range finishes it first, then reads its own; --discard gives it up. A span that the service cannot
      return stays open: exit status 75, and every later backfill or pass of the state tries it again, for a week.
      The range may start as far back as the service keeps rows: 90 days (graph), 30 days (reporting). DATE is a date
      (midnight in UTC) or a time, absolute or relative: 2026-08-01, 2026-08-01T08:00:00+02:00, yesterday, -24h.
      """,
    examples: [
      "message-trace backfill contoso.json --from 2026-08-01T00:00:00Z --to 2026-09-01T00:00:00Z",
      "message-trace backfill contoso.json --from 2026-08-01 --to 2026-09-01 --order oldest",
      "message-trace backfill contoso.json --from yesterday --to today",
    ],
    settings: Setting.allCases,
    options: [.from, .to, .order, .discard],
    operands: .optionalPlaybook,
    implementation: Self.self)

  let context: CommandContext

  func run() async throws(Failure) -> ExitCode {
    try ProcessDefaults.checkThreads(playbooks: 1)
    let layer = try context.layer()
    try context.refuseTerminal(layer)
    let time = try context.time(layer)
    let log = try context.log(
      layer, time: time, quiet: .info,
      write: context.terminal.isInteractive ? ProgressReporter.writeOverBar : Log.writeToStandardError)
    let configuration = try context.tenantSettings(layer, log: log)
    let order = try order()
    let (progress, added) = try progress(configuration, order, now: time.now(), log: log)
    let quiet = context.terminal.isInteractive && layer[.logLevel] == nil
    let reporter = ProgressReporter(progress, isInteractive: context.terminal.isInteractive, log: log, now: time.now())
    var passLog = log
    if quiet { passLog.level = .warning }
    let assembly = Assembly(configuration, time: time, log: passLog)
    let ended = await StopSignals.guarding { () async throws(Failure) -> BackfillProgress in
      var backfill = Backfill(
        assembly, progress: progress, adding: added, order: order, tell: { reporter.report($0, now: time.now()) },
        tellWait: { reporter.wait($0, for: $1, now: time.now()) })
      try await backfill.run()
      if let failure = backfill.failure { throw failure }
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

  /// What is to be read: the rest of an unfinished backfill, then what of the requested span is not part of it.
  /// - Returns: and where that begins, nil for nothing.
  private func progress(
    _ configuration: TenantSettings, _ order: BackfillProgress.Order, now: Instant, log: Log
  ) throws(Failure) -> (progress: BackfillProgress, added: Instant?) {
    guard let from = try instant(.from, now: now) else { throw usage("--from DATE is required.") }
    let settled = now - configuration.schedule.lag
    let end = min(try instant(.to, now: now) ?? settled, settled)
    guard from < end else { throw usage("--from must be before --to and before now.") }
    let asked = [CommandOption.from, .to].map { context.invocation.options[$0] ?? "" }
    let wanted = Window(start: from, end: end)
    if var earlier = try earlier(configuration, log) {
      if !earlier.isContinued(by: wanted, asked) {
        log(
          .warning, "backfill.unfinished",
          "A backfill of another range is unfinished and is read first; --discard gives it up.",
          [("unfinished", earlier.text)])
      }
      let added = earlier.append(wanted, asked: asked)
      return (earlier, added)
    }
    var progress = BackfillProgress(span: wanted, order: order, updated: now)
    progress.asked = asked
    return (progress, from)
  }

  /// An unfinished backfill of this state, unless it is given up.
  private func earlier(_ configuration: TenantSettings, _ log: Log) throws(Failure) -> BackfillProgress? {
    let documents = configuration.statePlace.documents
    guard context.invocation.options[.discard] == "true" else { return try BackfillProgress.unfinished(documents) }
    if let given = BackfillProgress.read(documents) {
      log(.warning, "backfill.discarded", "An unfinished backfill is given up.", [("unfinished", given.text)])
    }
    return nil
  }

  private func order() throws(Failure) -> BackfillProgress.Order {
    BackfillProgress.Order(rawValue: try context.chosen(.order)) ?? .newest
  }

  /// The value of an option as an instant; a date means its midnight in UTC.
  private func instant(_ option: CommandOption, now: Instant) throws(Failure) -> Instant? {
    guard let text = context.invocation.options[option] else { return nil }
    return try QueryDate.parse(text, flag: "--\(option.rawValue)", now: now, isEnd: false)
  }

  private func usage(_ sentence: String) -> Failure {
    Invocation.usage(sentence, help: Self.descriptor.helpCall)
  }
}
