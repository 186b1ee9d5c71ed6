// `backfill`: the span as meant, resumed where a run before was, with its progress told.

internal import IntakeCore
internal import Trigger

struct BackfillCommand {
  let job: Job

  func run() async throws(Failure) -> ExitCode {
    let layer = try job.layer()
    let time = try job.time(layer)
    let log = try job.log(
      layer, time: time, quiet: .info,
      write: job.terminal.isPerson ? BackfillTeller.writeOverBar : Log.writeToStandardError)
    let configuration = try Configuration(layer, environment: job.environment)
    let progress = try progress(configuration, now: time.now())
    let quiet = job.terminal.isPerson && layer[.logLevel] == nil
    let teller = BackfillTeller(progress, isPerson: job.terminal.isPerson, log: log, now: time.now())
    var passLog = log
    if quiet { passLog.level = .warning }
    let assembly = Assembly(configuration, time: time, log: passLog)
    let ended = await StopSignals.guarding { () async throws(Failure) -> BackfillProgress in
      var backfill = Backfill(assembly, progress: progress) { teller.tell($0, now: time.now()) }
      try await backfill.run()
      if let failure = backfill.sinkFailure { throw failure }
      return backfill.progress
    }
    teller.end()
    switch ended {
    case .success(let progress):
      teller.summary(progress)
      return .done
    case .failure(let failure):
      guard !job.terminal.isPerson else { throw failure }
      log.failure(failure)
      return failure.exit
    }
  }

  /// The span asked for, and how far an earlier call with the same span has got.
  private func progress(_ configuration: Configuration, now: Instant) throws(Failure) -> BackfillProgress {
    guard let from = try instant(.from) else { throw usage("--from INSTANT is needed.") }
    let order = try order()
    let earlier = BackfillProgress.read(configuration.statePath)
    let settled = now - configuration.schedule.lag
    if let earlier, earlier.span.start == from, earlier.order == order {
      let asked = try instant(.to)
      if asked == nil || asked == earlier.span.end { return earlier }
    }
    let end = min(try instant(.to) ?? settled, settled)
    guard from < end else { throw usage("--from has to lie before --to, and before now.") }
    return BackfillProgress(span: Window(start: from, end: end), order: order, updated: now)
  }

  private func order() throws(Failure) -> BackfillProgress.Order {
    BackfillProgress.Order(rawValue: try job.chosen(.order)) ?? .newest
  }

  /// An instant, or a date as its midnight in UTC.
  private func instant(_ option: OwnOption) throws(Failure) -> Instant? {
    guard let text = job.invocation.own[option] else { return nil }
    if let instant = Timestamp.parse(text) ?? Timestamp.parse("\(text)T00:00:00Z") { return instant }
    throw usage(
      "--\(option.rawValue) \(Log.clean(text, limit: 60)) is no instant such as 2026-08-01T00:00:00Z, and no date.")
  }

  private func usage(_ sentence: String) -> Failure {
    Invocation.usage(sentence, help: "message-trace help backfill")
  }
}
