// `backfill`
internal import IntakeCore

struct BackfillCommand {
  let job: Job
  func run() async throws(Failure) -> ExitCode { .done }
}
