// Passes of one simulated tenant with everything that lasts being real: state directory, journal, ledger, file sink,
// status and metrics, each opened anew for a pass as the daemon does it.

internal import Checkpoint
internal import Configuration
internal import IntakeCore
internal import Normaliser
internal import Sinks
internal import Synchronization
internal import Trigger

@testable internal import message_trace

/// What is known of a tenant from outside.
final class WeekTenant: Sendable {
  let name: String
  let folder: String
  let source: WeekSource
  let status = Mutex(PassStatus(lastPass: Instant(ticks: 0)))

  init(_ name: String, folder: String, source: WeekSource) {
    self.name = name
    self.folder = folder
    self.source = source
  }

  var statePath: String { "\(folder)/\(name).state" }
  var outputPath: String { "\(folder)/\(name).ndjson" }
}

struct WeekPasses: PassRunning {
  let every: Duration
  let tenant: WeekTenant
  let time: TimeSource
  let normaliser: RowNormaliser
  let metrics: MetricsRegistry

  mutating func reload() throws(Failure) {}

  mutating func pass() async -> PassOutcome {
    let outcome: PassOutcome
    do {
      outcome = try await run()
    } catch {
      outcome = PassOutcome(interruption: error)
    }
    tenant.status.withLock { $0.note(outcome, at: time.now()) }
    return outcome
  }

  mutating func publish(_ outcome: PassOutcome, next: Instant?) -> Failure? {
    let status = tenant.status.withLock { status in
      status.nextRun = next
      return status
    }
    do throws(Failure) {
      try StatusFile.write(status, tenant.statePath)
      if (status.counters["passes"]?[""] ?? 0) % 60 == 0 {
        try metrics.write(status, to: "\(tenant.folder)/metrics.prom")
      }
      return nil
    } catch {
      return error
    }
  }

  private func run() async throws(Failure) -> PassOutcome {
    let schedule = Schedule(every: every, lag: .seconds(60), revisits: Defaults.revisits, since: .zero)
    let state = try StatePlace.directory(tenant.statePath).open(tenant: tenant.name, log: .silent)
    let sink = try SinkSpec(parsing: "file:\(tenant.outputPath)").makeSink(log: .silent, time: time)
    var pipeline = Pipeline(
      source: tenant.source, mapping: CountingMapping(normaliser), sinks: [sink], state: state, time: time)
    let result: Result<PassOutcome, Failure>
    do {
      try await pipeline.open()
      result = .success(await Pass(schedule: schedule, time: time, log: .silent).run(&pipeline))
    } catch {
      result = .failure(error)
    }
    let now = time.now()
    tenant.status.withLock { status in
      status.counters.add(pipeline.mapping.take())
      status.note(pipeline.state.checkpoint, schedule, failing: pipeline.sinkFailures, at: now)
    }
    await pipeline.shutDown()
    return try result.get()
  }
}
