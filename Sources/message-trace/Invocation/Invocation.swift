// The command line as typed: command, settings, options, operands. Values are interpreted later.

internal import Configuration
internal import IntakeCore

/// A parsed command line. Flags are `--name VALUE`, `--name=VALUE` or `--name`; `--` ends them.
struct Invocation: Sendable {
  private(set) var command: Command?
  private(set) var layer = SettingLayer()
  private(set) var options: [CommandOption: String] = [:]
  /// Every value of the repeatable options.
  private(set) var all: [CommandOption: [String]] = [:]
  private(set) var operands: [String] = []
  private(set) var wantsHelp = false
  private(set) var wantsVersion = false

  init(_ arguments: [String]) throws(Failure) {
    var rest = arguments[...]
    if let first = rest.first, !first.hasPrefix("-") {
      rest = rest.dropFirst()
      try take(command: first)
    }
    var flagsEnded = false
    while let argument = rest.popFirst() {
      switch argument {
      case _ where flagsEnded || !argument.hasPrefix("-") || argument == "-": operands.append(argument)
      case "--": flagsEnded = true
      case "--help", "-h": wantsHelp = true
      case "--version" where command == nil, "-V" where command == nil: wantsVersion = true
      default: try take(flag: argument, &rest)
      }
    }
    try checkOperands()
  }

  private mutating func take(command name: String) throws(Failure) {
    guard name != "help" else {
      wantsHelp = true
      return
    }
    guard name != "version" else {
      wantsVersion = true
      return
    }
    guard let known = Command.named(name) else {
      let meant = FamiliarName.commands(name)
      let question =
        meant.isEmpty
        ? Suggestion.question(name, among: Command.names) : ", did you mean \(meant.joined(separator: " or "))?"
      throw Self.usage("unknown command \(Log.clean(name, limit: 60))\(question)", help: Command.overviewCall)
    }
    command = known
  }

  private mutating func take(flag: String, _ rest: inout ArraySlice<String>) throws(Failure) {
    let parts = flag.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
    let name = spelled(String(parts[0].drop { $0 == "-" }))
    let attached = parts.count == 2 ? String(parts[1]) : nil
    if let setting = Setting(rawValue: name), let command, command.settings.contains(setting) {
      let value = setting.kind == .flag ? attached ?? "true" : try value(flag, attached, &rest)
      let values = SettingLayer.split(value, for: setting)
      layer[setting] = setting.kind == .list ? (layer[setting] ?? []) + values : values
    } else if let option = CommandOption(rawValue: name), let command, command.options.contains(option) {
      let value = option.isFlag ? attached ?? "true" : try value(flag, attached, &rest)
      options[option] = value
      all[option, default: []].append(value)
    } else {
      throw unknown(flag: name)
    }
  }

  /// An option's name as it is documented: PowerShell's spelling, `SenderAddress`, is accepted for `sender-address`.
  private func spelled(_ name: String) -> String {
    let known = (command?.settings.map(\.rawValue) ?? []) + (command?.options.map(\.rawValue) ?? [])
    guard !known.contains(name), name.utf8.first.map({ (0x41...0x5A).contains($0) }) ?? false else { return name }
    return known.first { $0.filter { $0 != "-" } == name.lowercasedASCII } ?? name
  }

  private func value(_ flag: String, _ attached: String?, _ rest: inout ArraySlice<String>) throws(Failure) -> String {
    if let attached { return attached }
    guard let value = rest.popFirst() else {
      throw Self.usage("\(Log.clean(flag, limit: 60)) needs a value.", help: helpCall)
    }
    return value
  }

  private func unknown(flag name: String) -> Failure {
    let known = (command?.settings.map(\.rawValue) ?? []) + (command?.options.map(\.rawValue) ?? []) + ["help"]
    if ["password", "client-secret", "secret"].contains(name) {
      return Self.usage(
        "--\(name) is not accepted: other users of this host can read a secret in the arguments.",
        help: "Use --password-file or --client-secret-file, or the environment.")
    }
    let familiar = command.map { FamiliarName.options(name, of: $0) } ?? []
    let meant = familiar.isEmpty ? Suggestion.name(to: name, among: known).map { [$0] } ?? [] : familiar
    let near = meant.isEmpty ? "." : ", did you mean \(meant.map { "--\($0)" }.joined(separator: " or "))?"
    return Self.usage("unknown option --\(Log.clean(name, limit: 60))\(near)", help: helpCall)
  }

  private var helpCall: String { command?.helpCall ?? Command.overviewCall }

  private mutating func checkOperands() throws(Failure) {
    if wantsHelp, command == nil, let first = operands.first { command = Command.named(first) }
    guard !wantsHelp else { return }
    guard let command else {
      guard let first = operands.first else { return }
      throw Self.usage("expected a command before \(Log.clean(first, limit: 60)).", help: Command.overviewCall)
    }
    if let first = operands.first, !command.operands.verbs.isEmpty, !command.operands.verbs.contains(first) {
      throw Self.usage(
        "the first operand must be one of \(command.operands.verbs.joined(separator: ", ")), not \(Log.clean(first, limit: 60))\(Suggestion.question(first, among: command.operands.verbs))",
        help: "Use: message-trace \(command.usage)")
    }
    guard command.operands.count.contains(operands.count) else { throw command.wrongCount(operands) }
  }

  static func usage(_ sentence: String, help: String) -> Failure {
    Failure("usage", exit: .usage, "Reading the arguments: \(sentence)", hint: help)
  }
}
