// `completions`: the script that teaches a shell our commands, options and values.

internal import IntakeCore

struct CompletionsCommand {
  let job: Job

  func run() throws(Failure) -> ExitCode {
    let text =
      switch Shell(rawValue: job.invocation.operands[0]) {
      case .bash: BashCompletion.script
      case .zsh: ZshCompletion.script
      case .fish, nil: FishCompletion.script
      }
    try job.terminal.output(text)
    return .done
  }
}
