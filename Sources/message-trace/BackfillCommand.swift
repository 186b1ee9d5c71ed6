// `backfill`: the span as meant, resumed where a run before was, with its progress told.

internal import IntakeCore
internal import Synchronization
internal import Trigger

struct BackfillCommand {
  let job: Job

  func run() async throws(Failure) -> ExitCode {
    let layer = try job.layer()
    let time = try job.time(layer)
    let log = try job.log(layer, time: time, quiet: .info)
    let configuration = try Configuration(layer, environment: job.environment)
    let progress = try progress(configuration, now: time.now())
    let quiet = job.terminal.isPerson && layer[.logLevel] == nil
    let teller = BackfillTeller(progress, terminal: job.terminal, log: log, now: time.now())
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

/// Tells how it goes: a bar where a person looks, a log line a minute where not.
private final class BackfillTeller: Sendable {
  private let first: BackfillProgress
  private let terminal: Terminal
  private let log: Log
  private let begun: Instant
  private let lastLine: Mutex<Instant>

  init(_ first: BackfillProgress, terminal: Terminal, log: Log, now: Instant) {
    self.first = first
    self.terminal = terminal
    self.log = log
    begun = now
    lastLine = Mutex(now)
    log(
      .info, first.done == .zero ? "backfill.begin" : "backfill.resume", "Reading the span.",
      [
        ("from", Timestamp.text(first.span.start)), ("to", Timestamp.text(first.span.end)),
        ("order", first.order.rawValue), ("done", percent(first)),
      ])
  }

  func tell(_ progress: BackfillProgress, now: Instant) {
    let elapsed = max(0.001, (now - begun).inSeconds)
    let rate = Double(progress.tally.rows - first.tally.rows) / elapsed
    let doneHere = (progress.done - first.done).inSeconds
    let left = doneHere > 0 ? (progress.span.span - progress.done).inSeconds / doneHere * elapsed : 0
    let figures = (rate: "\(Int(min(rate, 1e12)))", left: StatusTable.span(.seconds(Int64(min(left, 1e9)))))
    if terminal.isPerson { return bar(progress, figures) }
    let isDue = lastLine.withLock { last in
      guard now - last >= .seconds(60) else { return false }
      last = now
      return true
    }
    guard isDue else { return }
    log(
      .info, "backfill.progress", "Reading the span.",
      [
        ("done", percent(progress)), ("rows", "\(progress.tally.rows)"), ("events", "\(progress.tally.emitted)"),
        ("rows_per_second", figures.rate), ("left", figures.left),
      ])
  }

  /// Clears the bar.
  func end() {
    if terminal.isPerson { Log.writeToStandardError(Array("\r\u{1B}[K".utf8)) }
  }

  func summary(_ progress: BackfillProgress) {
    let tally = progress.tally
    log(
      .info, "backfill.done", "Backfill done.",
      [
        ("windows", "\(tally.windows)"), ("rows", "\(tally.rows)"), ("events", "\(tally.emitted)"),
        ("left_out", "\(tally.leftOut)"), ("pages", "\(tally.pages)"),
      ])
  }

  private func bar(_ progress: BackfillProgress, _ figures: (rate: String, left: String)) {
    let width = 24
    let full = max(0, min(width, Int(Double(width) * progress.done.inSeconds / progress.span.span.inSeconds)))
    let bar = String(repeating: "#", count: full) + String(repeating: "-", count: width - full)
    let line =
      "\r[\(bar)] \(percent(progress))  \(progress.tally.rows) rows  \(figures.rate)/s  \(figures.left) left\u{1B}[K"
    Log.writeToStandardError(Array(line.utf8))
  }

  private func percent(_ progress: BackfillProgress) -> String {
    "\(Int(100 * progress.done.inSeconds / max(0.001, progress.span.span.inSeconds)))%"
  }
}
