// `mapping`: lists and prints the embedded mappings, validates a mapping file.

internal import Configuration
internal import IntakeCore
internal import Normaliser

struct MappingCommand: RunnableCommand {
  static let descriptor = Command(
    name: "mapping",
    summary: "list or show the mappings, validate one of your own, types for Elastic or Splunk",
    usage: "mapping list | show NAME | validate FILE | template elastic|splunk",
    details: """
      Mappings are plain JSON: `show` prints one as a template; --mapping PATH uses your own. `template` prints types for
      every field before the first event arrives: an index template for Elastic and OpenSearch, or for Splunk the stanzas
      of props.conf, transforms.conf, fields.conf, eventtypes.conf and tags.conf, each below the name of its file.
      """,
    examples: [
      "message-trace mapping list", "message-trace mapping show graph > mine.json",
      "message-trace mapping validate mine.json", "message-trace normalise page.json --mapping mine.json",
      "message-trace mapping template elastic > message-trace.json",
      "message-trace mapping template splunk > message-trace.conf",
    ],
    operands: Operands(count: 1...2, verbs: ["list", "show", "validate", "template"], areFiles: true),
    implementation: Self.self)

  let context: CommandContext

  func run() throws(Failure) -> ExitCode {
    let operands = context.invocation.operands
    switch (operands[0], operands.count) {
    case ("list", 1):
      try context.terminal.output(MappingCatalog.names.map { "\($0)\n" }.joined())
    case ("show", 2) where operands[1] == "ecs":
      for name in ["graph", "reporting"] { try context.terminal.output(MappingCatalog.text(name) ?? "") }
      context.terminal.say("ecs is two mappings, graph and reporting: one for each mode.")
      context.terminal.say("hint: Start from one of them, with: message-trace mapping show graph > mine.json")
    case ("template", 2):
      try context.terminal.output(try Self.template(operands[1]))
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
      throw Self.descriptor.wrongCall("the operands do not fit the command.")
    }
    return .done
  }

  private static func template(_ product: String) throws(Failure) -> String {
    let catalog = try MappingCatalog.fields()
    switch product {
    case "elastic": return IndexTemplate.elastic(catalog)
    case "splunk": return IndexTemplate.splunk(catalog)
    default: throw descriptor.wrongCall("the operands do not fit the command.")
    }
  }
}
