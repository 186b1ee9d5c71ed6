// From configuration to a pipeline that can run: the only place that knows every part.

internal import Checkpoint
internal import Collector
internal import Configuration
internal import IntakeCore
internal import Mappings
internal import Normaliser
internal import Sinks
internal import Trigger

typealias TenantPipeline = Pipeline<AnySource, CountingMapping, StateDirectory>

extension Pipeline where State == StateDirectory {
  /// Lets go of sinks and state, the lock with it. The value must not be used any more.
  func shutDown() async {
    await close()
    state.close()
  }
}

/// Puts one tenant's parts together.
struct Assembly: Sendable {
  let configuration: TenantSettings
  let time: TimeSource
  let log: Log

  init(_ configuration: TenantSettings, time: TimeSource, log: Log) {
    self.configuration = configuration
    self.time = time
    self.log = log
  }

  /// Everything is checked here, before the first request: mapping, sinks, state.
  /// - Parameters:
  ///   - source: one that is kept from pass to pass, with its token; nil for a new one.
  ///   - recalled: rows received since then must be known to the ledger, however old; nil for those that live
  ///     collection and revisits can see.
  func pipeline(
    source kept: AnySource? = nil, recalling recalled: Instant? = nil
  ) throws(Failure) -> TenantPipeline {
    let normaliser = try configuration.mapping.normaliser(
      shape: configuration.rowShape, provider: configuration.mode.rawValue)
    var sinks: [any Sink] = []
    for spec in configuration.sinks { sinks.append(try spec.makeSink(log: log, time: time)) }
    let state = try StateDirectory.open(
      configuration.statePath, source: configuration.tenant, log: log, recalling: recalled)
    let source: AnySource
    do throws(Failure) {
      if let kept { source = kept } else { source = try AnySource(configuration, time: time, log: log) }
      if let sink = try detailsSink(state.checkpoint) { sinks.append(sink) }
    } catch {
      state.close()
      throw error
    }
    return Pipeline(source: source, mapping: CountingMapping(normaliser), sinks: sinks, state: state, time: time)
  }

  /// Sets the tenant's state aside, so that the next opening is a first run. See `StateDirectory.rebuild`.
  func rebuildState() throws(Failure) {
    try StateDirectory.rebuild(configuration.statePath, source: configuration.tenant, log: log)
  }

  /// Opens the sinks, runs a pass and writes its summary line.
  func pass(_ pipeline: inout TenantPipeline) async -> PassOutcome {
    let requestsBefore = pipeline.source.requests
    let throttlesBefore = pipeline.source.throttles
    let before = pipeline.state.checkpoint
    var report = PassReport()
    do {
      try await pipeline.open(forgetting: configuration.forgetsSinks)
      report = await Pass(schedule: configuration.schedule, time: time, log: log).run(&pipeline)
    } catch {
      report.failure = error
    }
    report.requests = pipeline.source.requests - requestsBefore
    report.throttles = pipeline.source.throttles - throttlesBefore
    if report.failure == nil { await DetailFetcher.after(&pipeline, configuration, time: time, log: log) }
    for (name, position) in pipeline.state.checkpoint.sinks {
      let first = before.sinks[name]?.sequence ?? before.sequence
      report.batches[name] = Int(clamping: position.sequence - min(first, position.sequence))
    }
    let ending = PassOutcome(report)
    let isGood = ending.failure == nil
    log(.info, isGood ? "pass.done" : "pass.failed", isGood ? "Pass done." : "Pass failed.", ending.summary)
    return ending
  }

  /// What the glance shows from now on; `before` is what it showed until now.
  func status(after ending: PassOutcome, _ pipeline: TenantPipeline, before: PassStatus?) -> PassStatus {
    let now = time.now()
    var status = before ?? PassStatus(lastPass: now)
    status.tenant = configuration.tenant
    status.mode = configuration.mode.rawValue
    status.nextRun = nil
    status.note(ending, at: now)
    status.counters.add(pipeline.mapping.take())
    status.note(pipeline.state.checkpoint, configuration.schedule, failing: pipeline.sinkFailures, at: now)
    status.identities = pipeline.state.ledger.count
    status.journalEntries = pipeline.state.pending.count
    status.journalBytes = pipeline.state.journalSize
    status.quota = TenantQuota.read(configuration.statePath, now: now)
    return status
  }

  /// Once there, it stays: a sink that the checkpoint knows and nobody serves would hold the journal for ever.
  private func detailsSink(_ checkpoint: Checkpoint) throws(Failure) -> DetailsSink? {
    guard !configuration.details.statuses.isEmpty || checkpoint.sinks[DetailsSink.name] != nil else { return nil }
    return DetailsSink(
      try DetailsQueue(configuration.statePath), statuses: configuration.details.statuses, time: time, log: log)
  }
}
