// The descriptor of a command: arguments, help, completion and dispatch are all made from it.

internal import Configuration
internal import IntakeCore

/// One command: what it accepts, what the help says about it, and the type that runs it.
struct Command: Sendable {
  let name: String
  /// One line of the overview.
  let summary: String
  /// The call, without the program's name.
  let usage: String
  /// The paragraph below the usage.
  let details: String
  let examples: [String]
  /// The settings that apply to this command.
  var settings: [Setting] = []
  /// Options that only this command or a few commands have.
  var options: [CommandOption] = []
  /// The values of `--format`, the default first.
  var formats = ["text", "json"]
  var operands = Operands.none
  let implementation: any RunnableCommand.Type

  /// In the order of the overview.
  static let all: [Command] = [
    CollectCommand.descriptor, RunCommand.descriptor, CheckCommand.descriptor, QueryCommand.descriptor,
    DetailsCommand.descriptor, BackfillCommand.descriptor, StatusCommand.descriptor, PlaybookCommand.descriptor,
    ScheduleCommand.descriptor, NormaliseCommand.descriptor, VerifyCommand.descriptor, ReportCommand.descriptor,
    MappingCommand.descriptor, StateCommand.descriptor, SimulateCommand.descriptor, DemoCommand.descriptor,
    CompletionsCommand.descriptor,
  ]

  static let names = all.map(\.name)

  /// The command of this name; `normalize` is accepted for `normalise`.
  static func named(_ name: String) -> Command? {
    all.first { $0.name == (name == "normalize" ? "normalise" : name) }
  }

  /// A usage error that shows the right call.
  /// - Parameter sentence: what is wrong with the call that was made.
  func wrongCall(_ sentence: String) -> Failure {
    Invocation.usage(sentence, help: "Use: message-trace \(usage)")
  }

  /// A usage error for operands that are too many or too few.
  func wrongCount(_ given: [String]) -> Failure {
    guard given.count > operands.count.upperBound, let extra = given.last else {
      let least = operands.count.lowerBound
      return wrongCall(
        least == 1 ? "\(name) needs an operand." : "\(name) needs \(least) operands, not \(given.count).")
    }
    let most = operands.count.upperBound
    let sentence =
      "\(name) takes \(most == 0 ? "no operand" : most == 1 ? "one operand at most" : "\(most) operands"); "
      + "\(Log.clean(extra, limit: 60)) is one too many."
    if options.contains(.playbook), extra.hasSuffix(".json") {
      return Invocation.usage(sentence, help: "Name the playbook with --playbook \(Log.clean(extra, limit: 60)).")
    }
    if options.contains(.recipientAddress), extra.contains("@") {
      return Invocation.usage(sentence, help: "Give an address with --sender-address or --recipient-address.")
    }
    return wrongCall(sentence)
  }

  var helpCall: String { "See message-trace help \(name)" }
  static let overviewCall = "See message-trace help"
}

/// The operands that a command accepts.
struct Operands: Sendable {
  let count: ClosedRange<Int>
  /// The values that the first operand may have; empty if it is free.
  var verbs: [String] = []
  var areFiles = false
  /// The first operand is a playbook, whose settings apply below flags and environment.
  var firstIsPlaybook = false

  static let none = Operands(count: 0...0)
  static let optionalPlaybook = Operands(count: 0...1, areFiles: true, firstIsPlaybook: true)
  static func files(_ count: ClosedRange<Int>) -> Operands { Operands(count: count, areFiles: true) }
}

/// A command that can run.
protocol RunnableCommand: Sendable {
  static var descriptor: Command { get }
  init(context: CommandContext)
  /// - Throws: what ends the program with the failure's exit code.
  func run() async throws(Failure) -> ExitCode
}
