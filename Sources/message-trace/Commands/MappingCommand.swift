// `mapping`: what mappings there are, one of them as text, or the check of a user's own.

internal import IntakeCore
internal import Trigger

struct MappingCommand {
  let job: Job

  func run() throws(Failure) -> ExitCode {
    let operands = job.invocation.operands
    switch (operands[0], operands.count) {
    case ("list", 1):
      try job.terminal.output(MappingShelf.names.map { "\($0)\n" }.joined())
    case ("show", 2):
      guard let text = MappingShelf.text(operands[1]) else {
        _ = try MappingShelf.mapping(operands[1])
        throw Invocation.usage("show takes a name, not a file.", help: "message-trace mapping list")
      }
      try job.terminal.output(text.hasSuffix("\n") ? text : text + "\n")
    case ("validate", 2):
      _ = try MappingShelf.file(operands[1])
      try job.terminal.output("\(operands[1]): good\n")
    default:
      throw Invocation.usage("The call is: message-trace \(Command.mapping.usage).", help: "message-trace help mapping")
    }
    return .done
  }
}
