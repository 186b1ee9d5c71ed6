// `verify`: check the claim on your own files: every line whole, no event twice.

internal import Glibc
internal import IntakeCore

struct VerifyCommand {
  let job: Job

  func run() throws(Failure) -> ExitCode {
    guard !job.invocation.operands.isEmpty else {
      throw Invocation.usage("verify needs at least one file.", help: "message-trace help verify")
    }
    var audit = EventAudit()
    for path in job.invocation.operands {
      var feed = try LineReader(path)
      try feed.eachLine { line, ending in audit.take(line, ending) }
    }
    try job.terminal.output(audit.text)
    return audit.invalid == 0 && audit.repeated == 0 ? .done : .badData
  }
}
