// The entry point: reads the arguments, runs one command and exits with its code.

internal import Glibc
internal import IntakeCore

@main
struct MessageTrace {
  static let version = "0.2.0"

  static func main() async {
    ProcessDefaults.makeSafe()
    let terminal = Terminal()
    do {
      exit(try await run(Array(CommandLine.arguments.dropFirst()), terminal).rawValue)
    } catch {
      if error.code == .readerLeft, mayEndEarly(CommandLine.arguments) { exit(ExitCode.done.rawValue) }
      terminal.failure(error)
      exit(error.exit.rawValue)
    }
  }

  /// True for what people page through: `query | head` has done all that was wanted of it. Elsewhere output is missing.
  private static func mayEndEarly(_ arguments: [String]) -> Bool {
    let searches = [QueryCommand.descriptor.name, DetailsCommand.descriptor.name]
    return (searches + ["help", "--help", "-h"]).contains(arguments.dropFirst().first ?? "help")
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
