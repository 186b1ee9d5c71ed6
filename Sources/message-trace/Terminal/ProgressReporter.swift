// Progress of a backfill: a bar on a terminal, otherwise one log line per minute.

internal import IntakeCore
internal import Synchronization

/// Reports the progress of one backfill run.
final class ProgressReporter: Sendable {
  /// What there was when the span that is read now was begun in this run, and when.
  private let start: Mutex<(progress: BackfillProgress, at: Instant)>
  private let isInteractive: Bool
  private let log: Log
  private let write: @Sendable ([UInt8]) -> Void
  private let lastLine: Mutex<Instant>

  /// - Parameters:
  ///   - first: the progress at the start of this run.
  ///   - write: receives the bar.
  init(
    _ first: BackfillProgress, isInteractive: Bool, log: Log, now: Instant,
    write: @escaping @Sendable ([UInt8]) -> Void = Log.writeToStandardError
  ) {
    start = Mutex((first, now))
    self.isInteractive = isInteractive
    self.log = log
    self.write = write
    lastLine = Mutex(now)
    log(
      .info, first.done == .zero ? "backfill.begin" : "backfill.resume", "Reading the time range.",
      [
        ("from", Timestamp.text(first.span.start)), ("to", Timestamp.text(first.span.end)),
        ("order", first.order.rawValue), ("done", percent(first)),
      ])
  }

  /// Call this after each slice.
  func report(_ progress: BackfillProgress, now: Instant) {
    let (first, begun) = start.withLock { start in
      if start.progress.span != progress.span { start = (progress, now) }
      return start
    }
    let elapsed = max(0.001, (now - begun).inSeconds)
    let rate = Double(progress.tally.rows - first.tally.rows) / elapsed
    let doneHere = (progress.done - first.done).inSeconds
    let left = doneHere > 0 ? (progress.span.span - progress.done).inSeconds / doneHere * elapsed : 0
    let figures = (rate: "\(Int(min(rate, 1e12)))", left: Duration.seconds(Int64(min(left, 1e9))).spoken)
    if isInteractive { return bar(progress, figures) }
    let isDue = lastLine.withLock { last in
      guard now - last >= .seconds(60) else { return false }
      last = now
      return true
    }
    guard isDue else { return }
    log(
      .info, "backfill.progress", "Reading the time range.",
      [
        ("done", percent(progress)), ("rows", "\(progress.tally.rows)"), ("events", "\(progress.tally.emitted)"),
        ("rows_per_second", figures.rate), ("left", figures.left),
      ])
  }

  /// Call this before each wait for the quota.
  func wait(_ progress: BackfillProgress, for pause: Duration, now: Instant) {
    let until = Timestamp.text(now + pause)
    guard isInteractive else {
      return log(
        .info, "backfill.wait", "Waiting for the quota; live collection goes on.",
        [("until", until), ("done", percent(progress))])
    }
    let line = "\r\(percent(progress))  waiting for the quota until \(until.dropFirst(11).prefix(8)) UTC\u{1B}[K"
    write(Array(line.utf8))
  }

  /// Writes a log line over the bar; the next slice draws the bar again.
  static let writeOverBar: @Sendable ([UInt8]) -> Void = { line in
    Log.writeToStandardError(Array("\r\u{1B}[K".utf8) + line)
  }

  /// Clears the bar.
  func end() {
    if isInteractive { write(Array("\r\u{1B}[K".utf8)) }
  }

  func summary(_ progress: BackfillProgress) {
    let tally = progress.tally
    log(
      .info, "backfill.done", "Backfill done.",
      [
        ("windows", "\(tally.windows)"), ("rows", "\(tally.rows)"), ("events", "\(tally.emitted)"),
        ("left_out", "\(tally.duplicates)"), ("pages", "\(tally.pages)"),
      ])
  }

  private func bar(_ progress: BackfillProgress, _ figures: (rate: String, left: String)) {
    let width = 24
    let full = max(0, min(width, Int(Double(width) * share(progress))))
    let bar = String(repeating: "#", count: full) + String(repeating: "-", count: width - full)
    let line =
      "\r[\(bar)] \(percent(progress))  \(progress.tally.rows) rows  \(figures.rate)/s  \(figures.left) left\u{1B}[K"
    write(Array(line.utf8))
  }

  private func percent(_ progress: BackfillProgress) -> String {
    "\(Int(100 * share(progress)))%"
  }

  /// 1 exactly where all is done: the division comes first, or rounding would make 99 % of it.
  private func share(_ progress: BackfillProgress) -> Double {
    progress.done.inSeconds / max(0.001, progress.span.span.inSeconds)
  }
}
