// `schedule`
internal import IntakeCore

struct ScheduleCommand {
  let job: Job
  func run() throws(Failure) -> ExitCode { .done }
}
