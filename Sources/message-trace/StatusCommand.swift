// `status`
internal import IntakeCore

struct StatusCommand {
  let job: Job
  func run() throws(Failure) -> ExitCode { .done }
}
