// One run of the trigger: what the journal still holds, the live window, then each revisit that is due.

package import IntakeCore

/// Runs passes of one schedule.
package struct Pass: Sendable {
  package let schedule: Schedule
  package let time: TimeSource
  package let log: Log

  package init(schedule: Schedule, time: TimeSource, log: Log) {
    self.schedule = schedule
    self.time = time
    self.log = log
  }

  /// Runs one pass of an open pipeline. Failures are part of the outcome, beside what was done before them.
  package func run<Input, Mapping, State>(_ pipeline: inout Pipeline<Input, Mapping, State>) async -> PassOutcome {
    var outcome = PassOutcome()
    let started = time.now()
    do {
      try await pipeline.delivering { (pipeline) async throws(Failure) in try await read(&pipeline, into: &outcome) }
      try pipeline.prune(before: schedule.horizon(pipeline.state.checkpoint, now: time.now()))
    } catch {
      outcome.interruption = error
    }
    outcome.openSpanFailure = Failure.open(
      pipeline.state.checkpoint.openSpans,
      hint: "Wait: later mail is collected, and open spans are tried again for a week; status lists them.")
    outcome.sinkFailures = pipeline.sinkFailures
    outcome.elapsed = max(.zero, time.now() - started)
    return outcome
  }

  /// Drains the journal and reads what is due, the sinks side by side.
  private func read<Input, Mapping, State>(
    _ pipeline: inout Pipeline<Input, Mapping, State>, into outcome: inout PassOutcome
  ) async throws(Failure) {
    try await pipeline.drain()
    try begin(&pipeline)
    try await readAll(&pipeline, into: &outcome)
    try await retryOpenSpans(&pipeline, into: &outcome)
  }

  /// Fixes where the reads begin. A clock before the live cursor would read nothing and call it done.
  private func begin<Input, Mapping, State>(_ pipeline: inout Pipeline<Input, Mapping, State>) throws(Failure) {
    let now = time.now()
    let cursors = schedule.begin(pipeline.state.checkpoint, now: now, source: pipeline.source)
    if let start = schedule.cutStart(cursors, pipeline.state.checkpoint, now: now) {
      warn(ofCut: start, pipeline.source)
    }
    try pipeline.set(cursors)
    guard let live = cursors[Schedule.liveCursor], now < live else { return }
    throw .clockBehind(now, live)
  }

  /// A revisit whose window fails blocks only itself.
  ///
  /// Without any sign of the service's clock no cursor passes the newest row: no bound by the local clock is safe, since that
  /// may be ahead by days, and what it skips is never read. So while no mail comes every pass reads all of that time again.
  /// It costs the live read only: revisits of what it has just read show nothing new, and their cursors stay.
  /// - Parameter mayBeginAgain: false once the first start was fixed again: a service whose clock jumps must not repeat it.
  private func readAll<Input, Mapping, State>(
    _ pipeline: inout Pipeline<Input, Mapping, State>, into outcome: inout PassOutcome, mayBeginAgain: Bool = true
  ) async throws(Failure) {
    let due = schedule.due(pipeline.state.checkpoint.cursors, now: time.now(), source: pipeline.source)
    outcome.gaps = due.gaps
    for gap in due.gaps { log.gap(gap.cursor, gap.window) }
    var justRead: Window?
    // Revisits that have failed, or whose windows the live read has covered meanwhile.
    var ended: Set<String> = []
    var pending = PendingReads(due.reads)
    var length = Schedule.windowLength(pipeline.source)
    while let read = pending.next(length.current) {
      guard !ended.contains(read.cursor) else { continue }
      let before = outcome.tally
      if let cursor = pipeline.state.checkpoint.cursors[read.cursor], cursor > read.window.start {
        ended.insert(read.cursor)
        continue
      }
      if pipeline.serverDate == nil, let justRead, justRead.holds(read.window) { continue }
      do throws(Failure) {
        guard try await self.read(read, &pipeline, into: &outcome, mayBeginAgain) else {
          return try await readAll(&pipeline, into: &outcome, mayBeginAgain: false)
        }
        length.adapt(to: outcome.tally - before)
        if read.cursor == Schedule.liveCursor {
          justRead = Window(start: justRead?.start ?? read.window.start, end: read.window.end)
        }
      } catch {
        guard error.isOfSource, read.cursor != Schedule.liveCursor else { throw error }
        ended.insert(read.cursor)
        outcome.interruption = outcome.interruption ?? error
      }
      guard !Task.isCancelled else { throw .stopped }
    }
  }

  /// - Returns: false if the first start was fixed again: what is due begins there.
  private func read<Input, Mapping, State>(
    _ read: Schedule.Read, _ pipeline: inout Pipeline<Input, Mapping, State>, into outcome: inout PassOutcome,
    _ mayBeginAgain: Bool
  ) async throws(Failure) -> Bool {
    let now = time.now()
    let unread = pipeline.unread.count
    let before = pipeline.state.checkpoint
    outcome.tally += try await pipeline.read(read.window, moving: read.cursor, age: read.age)
    for (window, failure) in pipeline.unread.dropFirst(unread) { log.spanLeftOpen(window, failure) }
    let date = pipeline.serverDate
    if mayBeginAgain,
      let cursors = schedule.beginAgain(
        before, at: read.window, now: now, serverDate: date, source: pipeline.source)
    {
      try pipeline.set(cursors)
      return false
    }
    // A window that begins in the service's future shows nothing.
    if let date, date < read.window.start { return true }
    // Without any sign of the service's clock the revisits begin where this window does.
    let known = min(now, date ?? pipeline.newestRow ?? read.window.start)
    try pipeline.move(schedule.covered(by: read, at: known, cursors: pipeline.state.checkpoint.cursors))
    return true
  }

  private func retryOpenSpans<Input, Mapping, State>(
    _ pipeline: inout Pipeline<Input, Mapping, State>, into outcome: inout PassOutcome
  ) async throws(Failure) {
    let now = time.now()
    let retention = pipeline.source.retention
    for span in pipeline.state.checkpoint.openSpans where span.isLost(now, retention: retention) {
      let gap = Schedule.Gap(cursor: "open span", window: span.window)
      outcome.gaps.append(gap)
      log.gap(gap.cursor, gap.window)
      try pipeline.giveUp(span)
    }
    for span in pipeline.state.checkpoint.openSpans.filter({ $0.nextTry <= now }).prefix(Self.mostRetries) {
      let (tally, failure) = try await pipeline.retry(span)
      outcome.tally += tally
      guard !Task.isCancelled else { throw .stopped }
      if failure == nil { log.spanRead(span.window) }
    }
  }

  /// Open spans that one pass tries again.
  private static let mostRetries = 5

  private func warn(ofCut start: Instant, _ source: some Source) {
    log(
      .warning, "schedule.since",
      "The service keeps rows for \(source.retention.components.seconds / 86_400) days only: the first pass starts there.",
      [("from", Timestamp.text(start))])
  }
}

extension Window {
  fileprivate func holds(_ other: Window) -> Bool { start <= other.start && other.end <= end }
}

extension Failure {
  fileprivate static func clockBehind(_ now: Instant, _ live: Instant) -> Failure {
    Failure(
      "clock.behind", exit: .tryLater,
      "Reading windows: the clock shows \(Timestamp.text(now)), but mail has been read up to \(Timestamp.text(live)).",
      hint: "Set the clock. If it was ahead before, run backfill over the time since the last correct pass.",
      recovery: .later(after: nil))
  }
}
