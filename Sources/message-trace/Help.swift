// The help, made from the commands and settings themselves.

internal import IntakeCore
internal import Trigger

enum Help {
  static let overview =
    """
    message-trace collects Microsoft 365 message traces for a SIEM: every row and every change of status,
    once, as flat ECS-like JSON events.

    usage: message-trace COMMAND [OPTION]...

    \(Command.allCases.map { row($0.rawValue, $0.summary, width: 12) }.joined(separator: "\n"))

    message-trace help COMMAND     options and examples of one command
    message-trace help exit-codes  what each exit status means
    message-trace --version

    """

  /// The help for one command or topic; the overview where none is named.
  static func text(for command: Command?, topic: String?) throws(Failure) -> String {
    if let command { return text(for: command) }
    guard let topic else { return overview }
    guard topic == "exit-codes" else {
      let names = Command.allCases.map(\.rawValue) + ["exit-codes"]
      throw Invocation.usage(
        "there is no help on \(Log.clean(topic, limit: 60))\(Nearest.question(topic, among: names))",
        help: "message-trace help")
    }
    return exitCodes
  }

  private static func text(for command: Command) -> String {
    var text = "usage: message-trace \(command.usage)\n\n\(command.details)\n"
    let options =
      command.ownOptions.map { row("--\($0.rawValue) \($0.placeholder)", $0.summary, width: 34) }
      + command.settings.map { row("--\($0.rawValue) \($0.placeholder)", $0.summary, width: 34) }
    if !options.isEmpty { text += "\noptions:\n\(options.joined(separator: "\n"))\n" }
    text += "\nexamples:\n\(command.examples.map { "  \($0)" }.joined(separator: "\n"))\n"
    return text
  }

  private static func row(_ left: String, _ right: String, width: Int) -> String {
    "  " + left + String(repeating: " ", count: max(1, width - left.utf8.count)) + right
  }

  private static let exitCodes =
    """
    exit status (after sysexits.h):
        0  done, also a daemon that was told to stop
       64  usage: an unknown option or a missing value
       65  bad input data, or corrupt state
       66  no such input
       69  the service refuses to serve this tenant
       70  a bug: please report it
       71  the host is out of something: descriptors, memory, locks
       73  an output or the state cannot be created
       74  an output or the state cannot be written; what was read is safe in the journal
       75  come again: locked, throttled, timed out, 5xx, receiver down, stopped with the window open
       76  the peer breaks the protocol: HTML instead of JSON, a foreign link, a TLS failure
       77  sign-in or permission refused
       78  bad configuration or unsafe permissions
      130  stopped by a second SIGINT
      143  stopped by a second SIGTERM

    """
}
