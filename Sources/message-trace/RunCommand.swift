// `run`: pass after pass until stopped.

internal import IntakeCore
internal import Trigger

struct RunCommand {
  let job: Job

  /// A failed pass is tried again after the interval, doubled each time up to this.
  private static let longestPause: Duration = .seconds(900)

  func run() async throws(Failure) -> ExitCode {
    let layer = try job.layer()
    let time = try job.time(layer)
    let log = try job.log(layer, time: time, quiet: .info)
    let configuration = try Configuration(layer, environment: job.environment)
    return try await StopSignals.guarding { () async throws(Failure) -> ExitCode in
      let assembly = Assembly(configuration, time: time, log: log)
      var failures = 0
      while !Task.isCancelled {
        let started = time.now()
        failures = try await pass(assembly) ? 0 : failures + 1
        let every = configuration.schedule.every
        let pause = failures == 0 ? every : min(every * (1 << min(failures, 10)), max(every, Self.longestPause))
        do { try await time.sleep(max(.zero, pause - (time.now() - started))) } catch { break }
      }
      return .done
    }.get()
  }

  /// One pass with everything opened anew, so that whatever failed before starts clean. True if it ended well.
  private func pass(_ assembly: Assembly) async throws(Failure) -> Bool {
    let failure: Failure?
    do {
      var pipeline = try assembly.pipeline()
      let ending = await CollectCommand.pass(
        &pipeline, configuration: assembly.configuration, time: assembly.time, log: assembly.log)
      await pipeline.shutDown()
      failure = ending.failure
    } catch {
      failure = error
    }
    guard let failure else { return true }
    assembly.log.failure(failure)
    guard ![.configuration, .badData, .bug].contains(failure.exit) else { throw failure }
    return false
  }
}
