// `normalise`
internal import IntakeCore

struct NormaliseCommand {
  let job: Job
  func run() throws(Failure) -> ExitCode { .done }
}
