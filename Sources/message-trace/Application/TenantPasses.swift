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
  private var settings: TenantSettings?
  /// The settings before a reload, until the new ones are known to be usable.
  private var replaced: TenantSettings?
  private(set) var haveWorked = false
  /// Kept while passes succeed: it holds the token.
  private var source: AnySource?
  private var status: PassStatus?

  init(
    time: TimeSource, log: Log, metrics: MetricsRegistry, heartbeat: Heartbeat = Heartbeat(),
    load: @escaping @Sendable () throws(Failure) -> TenantSettings
  ) {
    self.load = load
    self.time = time.beating(heartbeat)
    self.log = log
    self.metrics = metrics
    self.heartbeat = heartbeat
  }

  var every: Duration { settings?.schedule.every ?? Defaults.every }

  mutating func reload() throws(Failure) { _ = try reloaded() }

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
    let outcome = await TenantPass(settings, time: time, log: log).run(&pipeline)
    status = PassStatus(after: outcome, pipeline, settings, before: known(settings), now: time.now())
    await pipeline.shutDown()
    source = outcome.failure == nil ? pipeline.source : nil
    // A replaced secret is read again; settings that have become invalid leave the current ones in use.
    if outcome.failure?.exit == .denied { try? reload() }
    return outcome
  }

  /// Waits while a backfill holds the state for a slice; any other holder is an error at once.
  private func open(_ settings: TenantSettings) async throws(Failure) -> TenantPipeline {
    let assembly = Assembly(settings, time: time, log: log)
    let deadline = time.now() + Self.longestWait
    while true {
      do {
        return try assembly.pipeline(source: source, heartbeat: heartbeat)
      } catch {
        guard error.isOfHolder, time.now() < deadline,
          BackfillProgress.read(settings.statePlace.documents) != nil
        else { throw error }
        do { try await time.sleep(.milliseconds(100)) } catch { throw .stopped }
      }
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
