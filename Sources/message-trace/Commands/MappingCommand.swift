// `mapping`: lists and prints the embedded mappings, validates a mapping file.

internal import Configuration
internal import IntakeCore

struct MappingCommand: RunnableCommand {
  static let descriptor = Command(
    name: "mapping",
    summary: "list or show the mappings, validate one of your own",
    usage: "mapping list | show NAME | validate FILE",
    details: "Mappings are plain JSON: `show` prints one as a template; --mapping PATH uses your own.",
    examples: [
      "message-trace mapping list", "message-trace mapping show graph > mine.json",
      "message-trace mapping validate mine.json", "message-trace normalise page.json --mapping mine.json",
    ],
    operands: Operands(count: 1...2, verbs: ["list", "show", "validate"], areFiles: true),
    implementation: Self.self)

  let context: CommandContext

  func run() throws(Failure) -> ExitCode {
    let operands = context.invocation.operands
    switch (operands[0], operands.count) {
    case ("list", 1):
      try context.terminal.output(MappingCatalog.names.map { "\($0)\n" }.joined())
    case ("show", 2):
      guard let text = MappingCatalog.text(operands[1]) else {
        _ = try MappingCatalog.mapping(operands[1])
        throw Invocation.usage("mapping show takes a name, not a file.", help: "Run: message-trace mapping list")
      }
      try context.terminal.output(text.hasSuffix("\n") ? text : text + "\n")
    case ("validate", 2):
      let mapping = try MappingCatalog.file(operands[1])
      try context.terminal.output("\(operands[1]): good\n")
      for doubt in try MappingCatalog.doubts(mapping) { context.terminal.say("warning: \(doubt)") }
    default:
      throw Self.descriptor.wrongCall()
    }
    return .done
  }
}
