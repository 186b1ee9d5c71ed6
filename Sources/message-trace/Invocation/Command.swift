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
  /// - Parameter suffix: a further sentence, with its leading space.
  func wrongCall(_ suffix: String = "") -> Failure {
    Invocation.usage("usage: message-trace \(usage).\(suffix)", help: helpCall)
  }

  var helpCall: String { "message-trace help \(name)" }
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
