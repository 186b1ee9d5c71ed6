// Where the program starts: process defaults made safe, arguments read, one command run, one exit code given back.

internal import Glibc
internal import IntakeCore

@main
struct MessageTrace {
  static func main() async {
    ProcessDefaults.makeSafe()
    let terminal = Terminal()
    do {
      let invocation = try Invocation(Array(CommandLine.arguments.dropFirst()))
      let status = try await run(invocation, terminal)
      exit(status.rawValue)
    } catch {
      terminal.failure(error)
      exit(error.exit.rawValue)
    }
  }

  private static func run(_ invocation: Invocation, _ terminal: Terminal) async throws(Failure) -> ExitCode {
    if invocation.wantsVersion {
      try terminal.output("message-trace \(Version.text)\n")
      return .done
    }
    if invocation.wantsHelp {
      try terminal.output(Help.text(for: invocation.command, topic: invocation.operands.first))
      return .done
    }
    guard let command = invocation.command else {
      try terminal.output(Help.overview)
      return .done
    }
    try ProcessDefaults.checkLimits()
    let job = Job(
      command: command, invocation: invocation, environment: ProcessDefaults.environment, terminal: terminal)
    return try await job.run()
  }
}

/// What `--version` says.
enum Version {
  static let text = "0.1.0"
}
