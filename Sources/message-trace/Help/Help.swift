// The help texts, made from the command descriptors and settings.

internal import Configuration
internal import IntakeCore

enum Help {
  static let overview =
    """
    message-trace collects Microsoft 365 message traces for a SIEM: every row and every change of status,
    once, as flat ECS-like JSON events.

    usage: message-trace COMMAND [OPTION]...

    \(Command.all.map { row($0.name, $0.summary, width: 13) }.joined(separator: "\n"))

    message-trace help COMMAND     options and examples of one command
    \(HelpTopic.all.map(topicLine).joined(separator: "\n"))
    message-trace version

    """

  /// The help for one command or topic; the overview if none is named.
  static func text(for command: Command?, topic: String?) throws(Failure) -> String {
    if let command { return text(for: command) }
    guard let topic else { return overview }
    if let topic = HelpTopic.named(topic) { return topic.text }
    throw Invocation.usage(
      "unknown help topic \(Log.clean(topic, limit: 60))\(Suggestion.question(topic, among: names))",
      help: "message-trace help")
  }

  /// Every command and topic that `help` accepts.
  static var names: [String] {
    Command.names + HelpTopic.all.map(\.name).filter { !Command.names.contains($0) }
  }

  private static func topicLine(_ topic: HelpTopic) -> String {
    let call = "message-trace help \(topic.name)"
    return call + String(repeating: " ", count: max(1, 31 - call.count)) + topic.summary
  }

  private static func text(for command: Command) -> String {
    var text = "usage: message-trace \(command.usage)\n\n\(command.details)\n"
    let options =
      command.options.map { row("--\($0.rawValue) \($0.placeholder(of: command))", $0.summary, width: 38) }
      + command.settings.map { row("--\($0.rawValue) \($0.placeholder)", $0.summary, width: 38) }
    if !options.isEmpty { text += "\noptions:\n\(options.joined(separator: "\n"))\n" }
    text += "\nexamples:\n\(command.examples.map { "  \($0)" }.joined(separator: "\n"))\n"
    if let topic = HelpTopic.named(command.name) { text += "\n\(topic.text)" }
    return text
  }

  private static func row(_ left: String, _ right: String, width: Int) -> String {
    "  " + left + String(repeating: " ", count: max(1, width - left.count)) + right
  }
}
