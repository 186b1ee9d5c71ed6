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
    let own = command.options.map { row("--\($0.rawValue) \($0.placeholder(of: command))", $0.summary, width: 38) }
    let common = command.settings.filter(\.isCommon).map(line)
    let further = command.settings.filter { !$0.isCommon }.map(line)
    let isShort = further.count < 6
    let first = own + common + (isShort ? further : [])
    if !first.isEmpty { text += "\noptions:\n\(first.joined(separator: "\n"))\n" }
    if !isShort { text += "\nfurther options:\n\(further.joined(separator: "\n"))\n" }
    text += "\nexamples:\n\(command.examples.map { "  \($0)" }.joined(separator: "\n"))\n"
    if let topic = HelpTopic.named(command.name) { text += "\n\(topic.text)" }
    return text
  }

  private static func line(_ setting: Setting) -> String {
    row("--\(setting.rawValue) \(setting.placeholder)", setting.summary, width: 38)
  }

  private static func row(_ left: String, _ right: String, width: Int) -> String {
    "  " + left + String(repeating: " ", count: max(1, width - left.count)) + right
  }
}

extension Setting {
  /// True for what a first call needs; the help lists the others under a heading of their own.
  fileprivate var isCommon: Bool {
    switch self {
    case .mode, .tenant, .clientID, .clientSecretFile, .certificateFile, .privateKeyFile, .username, .passwordFile,
      .sink,
      .state, .since, .profile, .localDomains, .logLevel:
      true
    default: false
    }
  }
}
