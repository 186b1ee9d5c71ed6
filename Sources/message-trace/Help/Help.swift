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
    message-trace version          the version

    """

  /// The help for one command or topic; the overview if none is named.
  static func text(for command: Command?, topic: String?) throws(Failure) -> String {
    if let command { return text(for: command) }
    guard let topic else { return overview }
    if let topic = HelpTopic.named(topic) { return topic.text }
    throw Invocation.usage(
      "unknown help topic \(Log.clean(topic, limit: 60))\(Suggestion.question(topic, among: names))",
      help: Command.overviewCall)
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
    let common = command.options.filter { !$0.isRare }.map { line($0, command) } + commonSettings(command).map(line)
    let further =
      command.options.filter(\.isRare).map { line($0, command) }
      + command.settings.filter { !commonOrder.contains($0) }.map(line)
    let isShort = further.count < 6
    let first = common + (isShort ? further : [])
    if !first.isEmpty { text += "\noptions:\n\(first.joined(separator: "\n"))\n" }
    if !isShort { text += "\nfurther options:\n\(further.joined(separator: "\n"))\n" }
    text += "\nexamples:\n\(command.examples.map { "  \($0)" }.joined(separator: "\n"))\n"
    if let topic = HelpTopic.named(command.name) { text += "\n\(topic.text)" }
    return text
  }

  private static func line(_ setting: Setting) -> String {
    row("--\(setting.rawValue) \(setting.placeholder)", setting.summary, width: 38)
  }

  private static func line(_ option: CommandOption, _ command: Command) -> String {
    row("--\(option.rawValue) \(option.placeholder(of: command))", option.summary(of: command), width: 38)
  }

  /// What a first call needs, in the order in which it is thought of; the help lists the others under a heading of their own.
  private static let commonOrder: [Setting] = [
    .mode, .tenant, .clientID, .clientSecretFile, .certificateFile, .privateKeyFile, .username, .passwordFile, .sink,
    .state, .since, .profile, .localDomains, .logLevel,
  ]

  private static func commonSettings(_ command: Command) -> [Setting] {
    commonOrder.filter(command.settings.contains)
  }

  private static func row(_ left: String, _ right: String, width: Int) -> String {
    "  " + left + String(repeating: " ", count: max(1, width - left.count)) + right
  }
}
