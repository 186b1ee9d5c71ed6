// What a command runs with: its arguments, and the settings, clock and log that they configure.

internal import Configuration
internal import Glibc
internal import IntakeCore

/// The inputs of one run of a command.
struct CommandContext: Sendable {
  let command: Command
  let invocation: Invocation
  let environment: [String: String]
  let terminal: Terminal

  /// The settings: flags over environment over the playbook, if the first operand is one.
  func layer() throws(Failure) -> SettingLayer {
    let above = invocation.layer.over(SettingLayer(environment: environment))
    guard command.operands.firstIsPlaybook, let path = invocation.operands.first else { return above }
    return above.over(try Playbook.read(path).layer)
  }

  /// The system clock, or a clock that starts at `--now`.
  func time(_ layer: SettingLayer) throws(Failure) -> TimeSource {
    guard let text = layer[.now]?.last else { return .system }
    guard let instant = Timestamp.parse(text) else {
      throw Failure(
        .configInvalid, exit: .configuration, "Reading --now: \(Log.clean(text, limit: 60)) is not a date and time.",
        hint: "Use the form 2026-03-02T08:15:07Z.")
    }
    return .starting(at: instant)
  }

  /// - Parameters:
  ///   - quiet: the default level if stderr is not a terminal.
  ///   - playbooks: settings that are not part of `layer`, for the variables that they refer to.
  ///   - write: receives each line.
  func log(
    _ layer: SettingLayer, time: TimeSource, quiet: Log.Level, playbooks: [SettingLayer] = [],
    write: @escaping @Sendable ([UInt8]) -> Void = Log.writeToStandardError
  ) throws(Failure) -> Log {
    let format = try choice(layer[.logFormat]?.last, "--log-format", Log.Format.init(rawValue:), "text, json")
    let level = try choice(
      layer[.logLevel]?.last, "--log-level", { name in Log.Level.allCases.first { "\($0)" == name } },
      "debug, info, warning, error")
    let log = Log(
      level: level ?? (terminal.isInteractive ? .info : quiet), format: format ?? .text, now: time.now, write: write)
    for warning in EnvironmentNames.warnings(environment, layers: [layer] + playbooks) {
      log(.warning, "config.unknown", warning)
    }
    return log
  }

  /// The typed settings of one tenant; what may not be meant is logged.
  func tenantSettings(_ layer: SettingLayer, log: Log) throws(Failure) -> TenantSettings {
    let settings = try TenantSettings(layer, environment: environment)
    for warning in settings.warnings { log(.warning, "config.warning", warning) }
    return settings
  }

  /// Refuses to deliver events to a person: without a sink they go to standard output, and what was shown is never delivered
  /// again.
  func refuseTerminal(_ layer: SettingLayer) throws(Failure) {
    guard layer[.sink] == nil, isatty(STDOUT_FILENO) == 1 else { return }
    throw Invocation.usage(
      "no sink is set, and standard output is a terminal: events shown there would count as delivered.",
      help: "Set --sink file:PATH, or a pipe behind the command; --sink stdout shows them all the same.")
  }

  /// The value of an option that takes an integer.
  func number(
    _ option: CommandOption, default value: Int, _ range: ClosedRange<Int>, hint: String? = nil
  ) throws(Failure) -> Int {
    guard let text = invocation.options[option] else { return value }
    guard let number = Int(text), range.contains(number) else {
      throw Invocation.usage(
        "--\(option.rawValue) must be a number from \(range.lowerBound) to \(range.upperBound).",
        help: hint ?? command.helpCall)
    }
    return number
  }

  /// The value of an option that takes one of a few words; the first word if the option is absent.
  func chosen(_ option: CommandOption) throws(Failure) -> String {
    let words = option.words(of: command)
    guard let text = invocation.options[option] else { return words.first ?? "" }
    if words.contains(text) { return text }
    throw Invocation.usage(
      "--\(option.rawValue) must be one of \(words.joined(separator: ", ")), not \(Log.clean(text, limit: 60))\(Suggestion.question(text, among: words))",
      help: command.helpCall)
  }

  private func choice<Value>(
    _ text: String?, _ flag: String, _ make: (String) -> Value?, _ names: String
  ) throws(Failure) -> Value? {
    guard let text else { return nil }
    if let value = make(text) { return value }
    let words = names.split(separator: ",").map { String($0.drop { $0 == " " }) }
    throw Failure(
      .configInvalid, exit: .configuration,
      "Reading \(flag): the value must be one of \(names), not \(Log.clean(text, limit: 60))\(Suggestion.question(text, among: words))"
    )
  }
}
