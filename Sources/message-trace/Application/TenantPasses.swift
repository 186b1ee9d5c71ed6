// The passes of one playbook. Each opens state and sinks and closes them: between passes a rotated file, a backfill or
// another run finds them free, and a failed pass leaves nothing behind.

internal import Checkpoint
internal import Collector
internal import Configuration
internal import IntakeCore
internal import Trigger

/// Repeated passes of one tenant, with its settings, its source and its status.
struct TenantPasses: PassRunning, Sendable {
  /// How long to wait for a backfill; longer than any of its slices takes.
  private static let longestWait: Duration = .seconds(30)

  private let load: @Sendable () throws(Failure) -> TenantSettings
  private let time: TimeSource
  private let log: Log
  private let metrics: MetricsRegistry
  private let heartbeat: Heartbeat
  private var settings: TenantSettings? {
    didSet { joinFleet() }
  }
  /// The settings before a reload, until the new ones are known to be usable.
  private var replaced: TenantSettings?
  private(set) var haveWorked = false
  /// Kept while passes succeed: it holds the token.
  private var source: AnySource?
  private var status: PassStatus?
  private let fleets: Fleets?
  /// Where several processes share the tenant.
  private(set) var share: TenantShare?
  /// Of a shared tenant, between two passes.
  private let kept = KeptState()
  /// Of a tenant in a database, during a pass outside of a fleet.
  private var renewal: LeaseRenewal?

  /// - Parameters:
  ///   - time: of the passes.
  ///   - log: for this playbook.
  ///   - metrics: of all playbooks.
  ///   - heartbeat: beats with every page.
  ///   - fleets: of a process that goes on; nil: a state in a database is given back after each pass.
  ///   - load: reads the settings.
  init(
    time: TimeSource, log: Log, metrics: MetricsRegistry, heartbeat: Heartbeat = Heartbeat(), fleets: Fleets? = nil,
    load: @escaping @Sendable () throws(Failure) -> TenantSettings
  ) {
    self.fleets = fleets
    self.load = load
    self.time = time.beating(heartbeat)
    self.log = log
    self.metrics = metrics
    self.heartbeat = heartbeat
  }

  var every: Duration { settings?.schedule.every ?? Defaults.every }

  mutating func reload() throws(Failure) { _ = try reloaded() }

  /// Reads the settings unless they are known: with them it is known who shares the tenant.
  mutating func prepare() {
    if settings == nil { _ = try? reloaded() }
  }

  private mutating func reloaded() throws(Failure) -> TenantSettings {
    let new = try load()
    replaced = haveWorked ? replaced ?? settings : nil
    settings = new
    source = nil
    return new
  }

  /// One pass. New settings that fail before the first request are given back for those that worked.
  mutating func pass() async -> PassOutcome {
    var outcome = await attempt()
    if let old = replaced, let failure = outcome.failure, failure.isPermanent, outcome.requests == 0 {
      log(
        .error, "config.reload_failed", "Keeping the settings before the reload: \(failure.sentence)",
        [("code", failure.code.rawValue)])
      settings = old
      source = nil
      outcome = await attempt()
    }
    if outcome.failure?.isOfHolder != true { replaced = nil }
    return outcome
  }

  private mutating func attempt() async -> PassOutcome {
    do {
      let current = if let settings { settings } else { try reloaded() }
      if !haveWorked { haveWorked = StatusFile.read(current.statePlace.documents)?.lastSuccess != nil }
      let outcome = try await pass(current)
      haveWorked = haveWorked || outcome.interruption == nil
      return outcome
    } catch {
      let outcome = PassOutcome(interruption: error)
      if let settings { status = PassStatus(after: outcome, settings, before: known(settings), now: time.now()) }
      return outcome
    }
  }

  private mutating func pass(_ settings: TenantSettings) async throws(Failure) -> PassOutcome {
    var pipeline = try await open(settings)
    defer {
      renewal?.stop()
      renewal = nil
    }
    let outcome = await TenantPass(settings, time: time, log: log).run(&pipeline)
    status = PassStatus(after: outcome, pipeline, settings, before: known(settings), now: time.now())
    await end(pipeline, outcome)
    source = outcome.failure == nil ? pipeline.source : nil
    // A replaced secret is read again; settings that have become invalid leave the current ones in use.
    if outcome.failure?.exit == .denied { try? reload() }
    return outcome
  }

  /// Waits while a backfill holds the state for a slice; any other holder is an error at once.
  private mutating func open(_ settings: TenantSettings) async throws(Failure) -> TenantPipeline {
    let assembly = Assembly(settings, time: time, log: log)
    let deadline = time.now() + Self.longestWait
    let state = keptState
    // Another process may have written it meanwhile.
    if state == nil, share != nil { status = nil }
    while true {
      let start = ContinuousClock.now
      do {
        let pipeline = try assembly.pipeline(source: source, state: state, heartbeat: heartbeat)
        guard state == nil, let lease = pipeline.state.lease else { return pipeline }
        if let share {
          share.fleet.hold(lease, since: start, heartbeat)
        } else {
          renewal = LeaseRenewal(lease, log: log)
        }
        return pipeline
      } catch {
        if let state { giveUp(state) }
        guard error.isOfHolder, time.now() < deadline,
          BackfillProgress.read(settings.statePlace.documents) != nil
        else { throw error }
        do { try await time.sleep(.milliseconds(100)) } catch { throw .stopped }
      }
    }
  }

  /// Closes sinks and state; a state whose tenant this process goes on to hold stays open.
  private func end(_ pipeline: TenantPipeline, _ outcome: PassOutcome) async {
    await pipeline.close()
    let isBroken =
      outcome.interruption.map { $0.code.rawValue.hasPrefix("state.") || $0.code == .journalCorrupt } ?? false
    guard let share, let lease = pipeline.state.lease, share.fleet.holds(lease), !isBroken, !pipeline.hasLostState,
      !Task.isCancelled,
      !share.fleet.isBackfilled(share.tenant)
    else { return giveUp(pipeline.state) }
    kept.keep(pipeline.state)
  }

  /// The state of the pass before, if it is held still.
  private var keptState: AnyState? {
    guard let state = kept.take() else { return nil }
    guard let share, let lease = state.lease, lease.tenant == share.tenant, share.fleet.holds(lease) else {
      giveUp(state)
      return nil
    }
    return state
  }

  /// Gives the tenant back, if it is held between two passes.
  func giveUpState() {
    if let state = kept.take() { giveUp(state) }
  }

  private func giveUp(_ state: AnyState) {
    if let lease = state.lease { share?.fleet.forget(lease) }
    state.close()
  }

  /// The settings say which tenant and which database.
  private mutating func joinFleet() {
    guard let fleets, let settings else { return }
    let target = settings.statePlace.database?.target
    guard share?.tenant != settings.tenant || share?.database != target?.identity else { return }
    giveUpState()
    if let share { share.fleet.assignments.remove(share.tenant) }
    share = target.map { target in
      let fleet = fleets.fleet(of: target)
      fleet.assignments.register(settings.tenant)
      return TenantShare(fleet: fleet, database: target.identity, tenant: settings.tenant)
    }
  }

  /// A database is asked once: between passes only this process writes the status.
  private func known(_ settings: TenantSettings) -> PassStatus? {
    if case .database = settings.statePlace, let status { return status }
    return StatusFile.read(settings.statePlace.documents) ?? status
  }

  /// Writes status and metrics, best effort: the next pass writes them again. Nothing is written about a state in use,
  /// whose user writes it.
  @discardableResult
  mutating func publish(_ outcome: PassOutcome, next: Instant?) -> Failure? {
    guard let settings, outcome.failure?.isOfHolder != true else { return nil }
    status?.nextRun = next
    guard let status else { return nil }
    do throws(Failure) {
      try StatusFile.write(status, settings.statePlace.documents)
      if let path = settings.metricsFile { try metrics.write(status, to: path) }
      return nil
    } catch {
      return error
    }
  }
}
