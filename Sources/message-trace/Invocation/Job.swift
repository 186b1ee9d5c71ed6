// One command about to run: what it was given, and the settings, clock and log made from it.

internal import IntakeCore
internal import Trigger

struct Job: Sendable {
  let command: Command
  let invocation: Invocation
  let environment: [String: String]
  let terminal: Terminal

  func run() async throws(Failure) -> ExitCode {
    switch command {
    case .collect: try await CollectCommand(job: self).run()
    case .run: try await RunCommand(job: self).run()
    case .check: try await CheckCommand(job: self).run()
    case .query: try await QueryCommand(job: self).run()
    case .details: try await DetailsCommand(job: self).run()
    case .backfill: try await BackfillCommand(job: self).run()
    case .status: try StatusCommand(job: self).run()
    case .playbook: try PlaybookCommand(job: self).run()
    case .schedule: try ScheduleCommand(job: self).run()
    case .normalise: try NormaliseCommand(job: self).run()
    case .verify: try VerifyCommand(job: self).run()
    case .report: try ReportCommand(job: self).run()
    case .mapping: try MappingCommand(job: self).run()
    case .simulate: try await SimulateCommand(job: self).run()
    case .demo: try await DemoCommand(job: self).run()
    case .completions: try CompletionsCommand(job: self).run()
    }
  }

  /// Flags over environment over the playbook named as the first operand.
  func layer() throws(Failure) -> SettingLayer {
    let above = invocation.layer.over(SettingLayer(environment: environment))
    guard let path = invocation.operands.first, [.collect, .check, .backfill].contains(command) else { return above }
    return above.over(try Playbook.read(path).layer)
  }

  /// The host's clock, or the one that `--now` sets, running on from there.
  func time(_ layer: SettingLayer) throws(Failure) -> TimeSource {
    guard let text = layer[.now]?.last else { return .system }
    guard let instant = Timestamp.parse(text) else {
      throw Failure(
        "config.invalid", exit: .configuration, "Reading --now: \(Log.clean(text, limit: 60)) is no instant.",
        hint: "Write it as 2026-03-02T08:15:07Z.")
    }
    return .starting(at: instant)
  }

  /// - Parameters:
  ///   - quiet: the level where none is configured and no person is watching.
  ///   - write: takes each line.
  func log(
    _ layer: SettingLayer, time: TimeSource, quiet: Log.Level,
    write: @escaping @Sendable ([UInt8]) -> Void = Log.writeToStandardError
  ) throws(Failure) -> Log {
    let format = try choice(layer[.logFormat]?.last, "--log-format", Log.Format.init(rawValue:), "text, json")
    let level = try choice(
      layer[.logLevel]?.last, "--log-level", { name in Log.Level.allCases.first { "\($0)" == name } },
      "debug, info, warning, error")
    return Log(
      level: level ?? (terminal.isPerson ? .info : quiet), format: format ?? .text, now: time.now, write: write)
  }

  /// A whole number given to one of the command's own options.
  func number(_ option: OwnOption, default value: Int, _ range: ClosedRange<Int>) throws(Failure) -> Int {
    guard let text = invocation.own[option] else { return value }
    guard let number = Int(text), range.contains(number) else {
      throw Invocation.usage(
        "--\(option.rawValue) takes a number from \(range.lowerBound) to \(range.upperBound).",
        help: "message-trace help \(command.rawValue)")
    }
    return number
  }

  /// One of the values that an option of this command can have, as typed; the first of them where none was given.
  func chosen(_ option: OwnOption) throws(Failure) -> String {
    let words = option.words(of: command)
    guard let text = invocation.own[option] else { return words.first ?? "" }
    if words.contains(text) { return text }
    throw Invocation.usage(
      "--\(option.rawValue) \(Log.clean(text, limit: 60)) is none of \(words.joined(separator: ", "))\(Suggestion.question(text, among: words))",
      help: "message-trace help \(command.rawValue)")
  }

  private func choice<Value>(
    _ text: String?, _ flag: String, _ make: (String) -> Value?, _ names: String
  ) throws(Failure) -> Value? {
    guard let text else { return nil }
    if let value = make(text) { return value }
    let words = names.split(separator: ",").map { String($0.drop { $0 == " " }) }
    throw Failure(
      "config.invalid", exit: .configuration,
      "Reading \(flag): \(Log.clean(text, limit: 60)) is none of \(names)\(Suggestion.question(text, among: words))")
  }
}
