// The entry point: reads the arguments, runs one command and exits with its code.

internal import Glibc
internal import IntakeCore

@main
struct MessageTrace {
  static let version = "0.1.0"

  static func main() async {
    ProcessDefaults.makeSafe()
    let terminal = Terminal()
    do {
      exit(try await run(Array(CommandLine.arguments.dropFirst()), terminal).rawValue)
    } catch {
      terminal.failure(error)
      exit(error.exit.rawValue)
    }
  }

  private static func run(_ arguments: [String], _ terminal: Terminal) async throws(Failure) -> ExitCode {
    let invocation = try Invocation(arguments)
    if invocation.wantsVersion {
      try terminal.output("message-trace \(version)\n")
      return .done
    }
    guard !invocation.wantsHelp, let command = invocation.command else {
      try terminal.output(Help.text(for: invocation.command, topic: invocation.operands.first))
      return .done
    }
    try ProcessDefaults.checkLimits()
    let context = CommandContext(
      command: command, invocation: invocation, environment: ProcessDefaults.environment, terminal: terminal)
    return try await command.implementation.init(context: context).run()
  }
}
