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
    if job.invocation.own[.rebuildState] == "true" {
      try Assembly(configuration, time: time, log: log).rebuildState()
    }
    let ending = await StopSignals.guarding { () async throws(Failure) -> PassEnding in
      var passes = TenantPasses(time: time, log: log, metrics: MetricsShelf()) { configuration }
      let ending = await passes.pass()
      // The disk that cannot hold the status is worth an exit status of its own; the pass is committed all the same.
      let untold = passes.tell(ending, next: nil)
      return PassEnding(report: ending.report, failure: ending.failure ?? untold)
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
    await Assembly(configuration, time: time, log: log).pass(&pipeline)
  }
}
