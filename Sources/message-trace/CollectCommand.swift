// `collect`: one pass for one tenant.

internal import IntakeCore
internal import Trigger

struct CollectCommand {
  let job: Job

  func run() async throws(Failure) -> ExitCode {
    let layer = try job.layer()
    let time = try job.time(layer)
    let log = try job.log(layer, time: time, quiet: .warning)
    let configuration = try Configuration(layer, environment: job.environment)
    let ending = await StopSignals.guarding { () async throws(Failure) -> PassEnding in
      var pipeline = try Assembly(configuration, time: time, log: log).pipeline()
      let ending = await Self.pass(&pipeline, configuration: configuration, time: time, log: log)
      await pipeline.shutDown()
      return ending
    }
    return try told(ending, log: log)
  }

  /// A person gets the sentence and the hint; cron gets one line.
  private func told(_ ending: Result<PassEnding, Failure>, log: Log) throws(Failure) -> ExitCode {
    let failure: Failure? =
      switch ending {
      case .success(let ending): ending.failure
      case .failure(let failure): failure
      }
    guard let failure else { return .done }
    guard !job.terminal.isPerson else { throw failure }
    log.failure(failure)
    return failure.exit
  }

  /// Opens the sinks, runs a pass and writes its summary line.
  static func pass(
    _ pipeline: inout TenantPipeline, configuration: Configuration, time: TimeSource, log: Log
  ) async -> PassEnding {
    do {
      try await pipeline.open()
    } catch {
      return PassEnding(report: PassReport(), failure: error)
    }
    let report = await Pass(schedule: configuration.schedule, time: time, log: log).run(&pipeline)
    if report.failure == nil { await DetailsRound.after(&pipeline, configuration, time: time, log: log) }
    let ending = PassEnding(report)
    log(.info, "pass.done", "Pass done.", ending.summary(requests: pipeline.source.requests))
    return ending
  }
}

/// How a pass ended, for the exit code.
struct PassEnding: Sendable {
  let report: PassReport
  /// The worst of what went wrong, nil for a clean pass.
  let failure: Failure?

  init(report: PassReport, failure: Failure?) {
    self.report = report
    self.failure = failure
  }

  init(_ report: PassReport) {
    let failures = report.sinkFailures.sorted { $0.key < $1.key }.map(\.value) + [report.failure].compactMap { $0 }
    self.init(report: report, failure: failures.max { Self.rank($0.exit) < Self.rank($1.exit) })
  }

  func summary(requests: Int) -> [(String, String)] {
    let tally = report.tally
    return [
      ("windows", "\(tally.windows)"), ("rows", "\(tally.rows)"), ("events", "\(tally.emitted)"),
      ("left_out", "\(tally.leftOut)"), ("unmapped", "\(tally.failed)"), ("requests", "\(requests)"),
      ("seconds", "\(Double(report.elapsed.ticks / 10_000) / 1_000)"),
    ]
  }

  /// A page to a human outranks what mends itself.
  private static func rank(_ code: ExitCode) -> Int {
    switch code {
    case .tryLater: 1
    case .ioError: 2
    case .cannotCreate: 3
    case .unavailable, .system, .noInput, .usage: 4
    case .protocolBroken: 5
    case .configuration, .badData, .bug: 6
    case .denied: 7
    case .done: 0
    }
  }
}
