// One pass over an open state: sinks, windows, details, and the summary line.

internal import Checkpoint
internal import Collector
internal import IntakeCore
internal import Trigger

/// One pass of one tenant.
struct TenantPass: Sendable {
  let settings: TenantSettings
  let time: TimeSource
  let log: Log

  init(_ settings: TenantSettings, time: TimeSource, log: Log) {
    self.settings = settings
    self.time = time
    self.log = log
  }

  /// Opens the sinks, reads what is due, fetches details and logs one summary line.
  func run(_ pipeline: inout TenantPipeline) async -> PassOutcome {
    let requests = pipeline.source.requests
    let throttles = pipeline.source.throttles
    let before = pipeline.state.checkpoint
    var outcome = PassOutcome()
    do {
      try await pipeline.open(forgetting: settings.forgetsSinks)
      announce(pipeline.addedSinks, before)
      outcome = await Pass(schedule: settings.schedule, time: time, log: log).run(&pipeline)
    } catch {
      outcome.interruption = error
    }
    outcome.requests = pipeline.source.requests - requests
    outcome.throttles = pipeline.source.throttles - throttles
    if outcome.interruption == nil { outcome.detailsGivenUp = await fetchDetails(&pipeline) }
    outcome.rejected = pipeline.sinks.reduce(0) { $0 + $1.figures.rejected }
    outcome.batches = Self.batches(from: before, to: pipeline.state.checkpoint)
    let isGood = outcome.failure == nil
    log(.info, isGood ? "pass.done" : "pass.failed", isGood ? "Pass done." : "Pass failed.", outcome.summary)
    return outcome
  }

  /// Says where a sink starts that was added to a state that has delivered before.
  private func announce(_ added: [String], _ checkpoint: Checkpoint) {
    let since = checkpoint.cursors[Schedule.liveCursor].map { [("read_until", Timestamp.text($0))] } ?? []
    for name in added where name != DetailsSink.name {
      log(
        .warning, "sink.added",
        "This sink is new to the state: it gets what is found from now on, and nothing that was delivered before.",
        [("sink", name)] + since)
    }
  }

  /// Errors are logged and the pass still succeeds: its rows are delivered.
  /// - Returns: messages whose delivery events were given up.
  private func fetchDetails(_ pipeline: inout TenantPipeline) async -> Int {
    guard !settings.details.statuses.isEmpty, !Task.isCancelled else { return 0 }
    do {
      let queue = try DetailsQueue(pipeline.state.documents)
      let fetcher = DetailFetcher(settings, queue: queue, time: time, log: log)
      do {
        _ = try await fetcher.run(&pipeline, from: pipeline.source)
      } catch {
        log.failure(error, level: .warning)
      }
      return queue.givenUp
    } catch {
      log.failure(error, level: .warning)
      return 0
    }
  }

  /// Batches that each sink has acknowledged between two checkpoints.
  private static func batches(from before: Checkpoint, to after: Checkpoint) -> [String: Int] {
    var batches: [String: Int] = [:]
    for (name, position) in after.sinks {
      let first = before.sinks[name]?.sequence ?? before.sequence
      batches[name] = Int(clamping: position.sequence - min(first, position.sequence))
    }
    return batches
  }
}
