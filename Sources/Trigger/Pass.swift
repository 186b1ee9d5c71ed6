// One run of the trigger: what the journal still holds, the live window, then each revisit that is due.

package import IntakeCore

/// What a pass did; summary line, metrics and exit code are derived from it.
package struct PassReport: Sendable {
  package var tally = Tally()
  /// By sink name: sinks that have not taken everything; the journal keeps it for them.
  package var sinkFailures: [String: Failure] = [:]
  package var gaps: [Schedule.Gap] = []
  /// What ended the pass early, nil if every due window was read.
  package var failure: Failure?
  package var elapsed: Duration = .zero
  /// HTTP requests made for it, sign-in included.
  package var requests = 0
  /// Throttling responses among them.
  package var throttles = 0
  /// By sink name: batches acknowledged.
  package var batches: [String: Int] = [:]

  package init() {}
}

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

  /// Runs one pass. Failures are part of the report, beside what was done before them.
  package func run<Input, Mapping, State>(_ pipeline: inout Pipeline<Input, Mapping, State>) async -> PassReport {
    var report = PassReport()
    let started = time.now()
    do {
      try await pipeline.reopen()
      let read = try await pipeline.delivering { await self.read(&$0, report) }
      report = read.report
      try read.ending.get()
      try pipeline.state.prune(before: schedule.horizon(pipeline.state.checkpoint.cursors, now: time.now()))
    } catch {
      report.failure = error
    }
    report.sinkFailures = pipeline.sinkFailures
    report.elapsed = max(.zero, time.now() - started)
    return report
  }

  /// Drains the journal and reads what is due, the sinks side by side.
  private func read<Input, Mapping, State>(
    _ pipeline: inout Pipeline<Input, Mapping, State>, _ before: PassReport
  ) async -> (report: PassReport, ending: Result<Void, Failure>) {
    var report = before
    do {
      try await pipeline.drain()
      try await readAll(&pipeline, into: &report)
      return (report, .success(()))
    } catch {
      return (report, .failure(error))
    }
  }

  private func readAll<Input, Mapping, State>(
    _ pipeline: inout Pipeline<Input, Mapping, State>, into report: inout PassReport
  ) async throws(Failure) {
    let due = schedule.due(pipeline.state.checkpoint.cursors, now: time.now(), source: pipeline.source)
    report.gaps = due.gaps
    for gap in due.gaps { warn(of: gap) }
    for read in due.reads {
      let now = time.now()
      report.tally += try await pipeline.read(read.window, moving: read.cursor, age: read.age)
      let known = min(now, pipeline.serverDate ?? now)
      try pipeline.move(schedule.covered(by: read, at: known, cursors: pipeline.state.checkpoint.cursors))
      guard !Task.isCancelled else { throw .stopped }
    }
  }

  private func warn(of gap: Schedule.Gap) {
    log(
      .warning, "source.gap",
      "A span left the service's retention before it was read; its rows are lost.",
      [
        ("cursor", gap.cursor), ("from", Timestamp.text(gap.window.start)), ("to", Timestamp.text(gap.window.end)),
      ])
  }
}
