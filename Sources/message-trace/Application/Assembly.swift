// From a tenant's settings to a pipeline that can run: source, mapping, sinks and state put together.

internal import Checkpoint
internal import Collector
internal import Configuration
internal import HTTPTransport
internal import IntakeCore
internal import Mappings
internal import Normaliser
internal import Sinks
internal import Trigger

typealias TenantPipeline = Pipeline<AnySource, CountingMapping<BeatingMapping<RowNormaliser>>, AnyState>

extension Pipeline where State == AnyState {
  /// Closes sinks and state and releases its lock. The value must not be used afterwards.
  func shutDown() async {
    await close()
    state.close()
  }
}

/// Puts one tenant's parts together.
struct Assembly: Sendable {
  let settings: TenantSettings
  let time: TimeSource
  let log: Log

  init(_ settings: TenantSettings, time: TimeSource, log: Log) {
    self.settings = settings
    self.time = time
    self.log = log
  }

  /// Composes a pipeline. Mapping, sinks and state are checked here, before the first request.
  /// - Parameters:
  ///   - source: one of an earlier pass, with its token; nil for a new one.
  ///   - state: one of an earlier pass, still open; nil to open it.
  ///   - recalled: the ledger must know rows received since then; nil: those that live collection and revisits see.
  ///   - heartbeat: beats with every page.
  func pipeline(
    source kept: AnySource? = nil, state open: AnyState? = nil, recalling recalled: Instant? = nil,
    heartbeat: Heartbeat = Heartbeat()
  ) throws(Failure) -> TenantPipeline {
    let normaliser = try settings.mapping.normaliser(
      shape: settings.rowShape, provider: settings.mode.rawValue)
    var sinks: [any Sink] = []
    let context = try sinkContext(deadLetters: settings.statePlace.rejected)
    for spec in settings.sinks { sinks.append(try spec.makeSink(context)) }
    let state =
      if let open { open } else {
        try settings.statePlace.open(tenant: settings.tenant, log: log, recalling: recalled)
      }
    let source: AnySource
    do throws(Failure) {
      if let kept { source = kept } else { source = try AnySource(settings, time: time, log: log) }
      if let sink = try detailsSink(state) { sinks.append(sink) }
    } catch {
      state.close()
      throw error
    }
    let mapping = CountingMapping(BeatingMapping(base: normaliser, heartbeat: heartbeat))
    let sideBySide = recalled == nil ? .sideBySide(every: settings.schedule.every) : DeliveryLimits.sideBySide
    return Pipeline(
      source: source, mapping: mapping, sinks: sinks, state: state,
      time: time, limits: settings.sinks.count > 1 ? sideBySide : .alone)
  }

  /// What the sinks share.
  /// - Throws: what the database says, where a sink has to tell its writers apart.
  func sinkContext(deadLetters: (any DeadLetters)?) throws(Failure) -> SinkContext {
    let (settings, time, log) = (settings, time, log)
    return SinkContext(
      log: log, time: time, owner: try settings.sinkOwner(), http: settings.http, deadLetters: deadLetters
    ) {
      (signIn) throws(Failure) in
      try ServiceTokens.make(
        try settings.credential(for: signIn), resource: signIn.resource, origin: signIn.origin, http: settings.http,
        time: time, log: log)
    }
  }

  /// Sets aside what is damaged of the tenant's state, and its cursors back. See `StatePlace.rebuild`.
  func rebuildState() throws(Failure) {
    let place = settings.statePlace
    let known = try? place.summary()
    try place.rebuild(tenant: settings.tenant, log: log)
    var state = try place.open(tenant: settings.tenant, log: log)
    defer { state.close() }
    var checkpoint = state.checkpoint
    checkpoint.openSpans = known?.checkpoint.openSpans ?? []
    checkpoint.cursors = settings.schedule.restart(known?.checkpoint.cursors ?? [:], now: time.now())
    try state.commit(checkpoint)
    if let start = checkpoint.cursors.values.min() {
      log(.warning, "state.restart", "Everything received since is read again.", [("since", Timestamp.text(start))])
    }
    let lost = (known?.journalEntries ?? 0) - state.pending.count
    guard lost > 0 else { return }
    log(
      .error, "state.undelivered",
      "Batches that a sink had not taken yet were set aside: only what was received since then comes again.",
      [("batches", "\(lost)")])
  }

  /// Present once the checkpoint lists it: a listed sink that is missing would keep the journal from shrinking.
  private func detailsSink(_ state: AnyState) throws(Failure) -> DetailsSink? {
    guard !settings.details.statuses.isEmpty || state.checkpoint.sinks[DetailsSink.name] != nil else { return nil }
    let own = try settings.mapping.mapping(shape: settings.rowShape).eventNames(
      isRaw: settings.mapping.isRaw, isNested: settings.mapping.settings.isNested)
    let names = [own] + (try MappingCatalog.eventNames())
    let queue = try DetailsQueue(state.documents)
    let damaged = try queue.removeDamaged()
    if damaged > 0 {
      log(
        .warning, "details.damaged",
        "Lines of the details queue cannot be read: the delivery events of their messages are not collected.",
        [("lines", "\(damaged)")])
    }
    return DetailsSink(
      queue, statuses: settings.details.statuses, names: names, time: time, log: log)
  }
}
