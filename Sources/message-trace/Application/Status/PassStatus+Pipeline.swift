// The status after a pass: what its outcome, its pipeline and its settings contribute.

internal import Checkpoint
internal import Configuration
internal import HTTPTransport
internal import IntakeCore
internal import Trigger

extension PassStatus {
  /// The status after a pass that had the state open.
  /// - Parameter before: the status until now.
  init(
    after outcome: PassOutcome, _ pipeline: TenantPipeline, _ settings: TenantSettings, before: PassStatus?,
    now: Instant
  ) {
    self.init(after: outcome, settings, before: before, now: now)
    nextRun = nil
    counters.add(pipeline.mapping.take())
    note(pipeline.state.checkpoint, settings.schedule, failing: pipeline.sinkFailures, at: now)
    for sink in pipeline.sinks where sink.earlyEnds > 0 { counters.add("sink_early_ends", sink.name, sink.earlyEnds) }
    for sink in pipeline.sinks { note(sink.figures, of: sink.name) }
    identities = pipeline.state.ledger.count
    journalEntries = pipeline.state.pending.count
    journalBytes = pipeline.state.journalSize
    quota = settings.quotaUsage(now).map { Quota(used: $0.used, limit: $0.limit.requests) }
  }

  private mutating func note(_ figures: SinkFigures, of sink: String) {
    let numbers = [
      ("sink_events", figures.events), ("sink_bytes", figures.bytes), ("sink_requests", figures.requests),
      ("sink_retries", figures.retries), ("sink_rejected", figures.rejected),
      ("sink_milliseconds", Int(figures.seconds * 1_000)),
    ]
    for (name, number) in numbers where number > 0 { counters.add(name, sink, number) }
    if let error = figures.lastError { sinks[sink]?.lastError = error }
  }

  /// The status after a pass that failed before the state was open.
  init(after outcome: PassOutcome, _ settings: TenantSettings, before: PassStatus?, now: Instant) {
    self = before ?? PassStatus(lastPass: now)
    tenant = settings.tenant
    mode = settings.mode.rawValue
    note(outcome, at: now)
  }
}
