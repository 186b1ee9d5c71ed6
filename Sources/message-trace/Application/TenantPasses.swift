// One tenant's passes, each with state and sinks opened anew: between passes nothing is held, so that a rotated file, a
// backfill or another run finds its way in, and whatever failed starts clean.

internal import Configuration
internal import IntakeCore
internal import Synchronization
internal import Trigger

/// The real passes of one playbook.
struct TenantPasses: PassRunning, Sendable {
  /// Longer than any slice of a backfill takes.
  private static let patience: Duration = .seconds(30)

  private let load: @Sendable () throws(Failure) -> TenantSettings
  private let time: TimeSource
  private let log: Log
  private let metrics: MetricsRegistry
  private var configuration: TenantSettings?
  /// Kept while passes go well: it holds the token.
  private var source: AnySource?
  private var status: PassStatus?
  private let signs = Signs()

  init(
    time: TimeSource, log: Log, metrics: MetricsRegistry, load: @escaping @Sendable () throws(Failure) -> TenantSettings
  ) {
    self.load = load
    self.time = time
    self.log = log
    self.metrics = metrics
  }

  var every: Duration { configuration?.schedule.every ?? Defaults.every }
  var lastSign: Instant? { signs.last }

  mutating func reload() throws(Failure) {
    configuration = try load()
    source = nil
  }

  mutating func pass() async -> PassOutcome {
    signs.note(time.now())
    do {
      if configuration == nil { try reload() }
      guard let configuration else { return PassOutcome(PassReport()) }
      return try await pass(Assembly(configuration, time: time, log: log))
    } catch {
      return failed(error)
    }
  }

  private mutating func pass(_ assembly: Assembly) async throws(Failure) -> PassOutcome {
    var pipeline = try await open(assembly)
    signs.watch(pipeline.mapping)
    let ending = await assembly.pass(&pipeline)
    status = assembly.status(
      after: ending, pipeline, before: StatusFile.read(assembly.configuration.statePath) ?? status)
    await pipeline.shutDown()
    source = ending.failure == nil ? pipeline.source : nil
    // A secret that was replaced is read anew; settings that are wrong by now leave those in use.
    if ending.failure?.exit == .denied { try? reload() }
    return ending
  }

  /// Waits for its turn where a backfill is under way, which holds the state for a slice at a time; any other holder is
  /// told of at once.
  private func open(_ assembly: Assembly) async throws(Failure) -> TenantPipeline {
    let deadline = time.now() + Self.patience
    while true {
      do {
        return try assembly.pipeline(source: source)
      } catch {
        guard error.code == .stateLocked, time.now() < deadline,
          BackfillProgress.read(assembly.configuration.statePath) != nil
        else { throw error }
        do { try await time.sleep(.milliseconds(100)) } catch { throw .stopped }
      }
    }
  }

  /// A pass that came to nothing before the state was open.
  private mutating func failed(_ failure: Failure) -> PassOutcome {
    let ending = PassOutcome(report: PassReport(), failure: failure)
    guard let configuration else { return ending }
    var known = StatusFile.read(configuration.statePath) ?? status ?? PassStatus(lastPass: time.now())
    known.tenant = configuration.tenant
    known.mode = configuration.mode.rawValue
    known.note(ending, at: time.now())
    status = known
    return ending
  }

  /// A failure here concerns the watching only; the next pass tells again. A state in use is told by its user.
  @discardableResult
  mutating func tell(_ ending: PassOutcome, next: Instant?) -> Failure? {
    guard let configuration, ending.failure?.code != .stateLocked else { return nil }
    status?.nextRun = next
    guard let status else { return nil }
    do throws(Failure) {
      try StatusFile.write(status, configuration.statePath)
      if let path = configuration.metricsFile { try metrics.write(status, to: path) }
      return nil
    } catch {
      return error
    }
  }
}

/// Signs of life of a pass: its beginning, and every page since.
private final class Signs: Sendable {
  private let state = Mutex<(begun: Instant?, mapping: CountingMapping?)>((nil, nil))

  var last: Instant? {
    state.withLock { state in
      guard let page = state.mapping?.lastPage else { return state.begun }
      return max(page, state.begun ?? page)
    }
  }

  func note(_ now: Instant) { state.withLock { $0.begun = now } }
  func watch(_ mapping: CountingMapping) { state.withLock { $0.mapping = mapping } }
}
