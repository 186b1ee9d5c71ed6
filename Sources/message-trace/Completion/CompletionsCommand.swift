// `completions`: prints the completion script of a shell.

internal import IntakeCore

struct CompletionsCommand: RunnableCommand {
  static let descriptor = Command(
    name: "completions",
    summary: "the completion script of a shell",
    usage: "completions bash|zsh|fish",
    details: """
      Prints a script for a shell that completes commands, options, their values and files. The last three examples
      install it where each shell looks for it (create the directory if it is missing); start a new shell to use it.
      """,
    examples: [
      "source <(message-trace completions bash)",
      "message-trace completions bash > ~/.local/share/bash-completion/completions/message-trace",
      "message-trace completions zsh > /usr/local/share/zsh/site-functions/_message-trace",
      "message-trace completions fish > ~/.config/fish/completions/message-trace.fish",
    ],
    operands: Operands(count: 1...1, verbs: Shell.allCases.map(\.rawValue)),
    implementation: Self.self)

  let context: CommandContext

  func run() throws(Failure) -> ExitCode {
    let text =
      switch Shell(rawValue: context.invocation.operands[0]) {
      case .bash: BashCompletion.script
      case .zsh: ZshCompletion.script
      case .fish, nil: FishCompletion.script
      }
    try context.terminal.output(text)
    return .done
  }
}
