// `verify`: checks output files for invalid lines and repeated event ids.

internal import Glibc
internal import IntakeCore

struct VerifyCommand: RunnableCommand {
  static let descriptor = Command(
    name: "verify",
    summary: "lines, invalid lines, repeated event ids and pauses of an output file",
    usage: "verify FILE...",
    details: """
      Reads NDJSON files and counts their lines, the lines that are not complete JSON objects, the event ids that repeat
      across all files, and the longest pause between two batches. Exit status 65 if a line is invalid or an event id
      repeats. Raw rows, of the profile raw, have no event id: theirs is made of trace id, recipient and status.

      Memory is bounded. Beyond about a million lines the ids are kept in a temporary file in TMPDIR, or /var/tmp: 16
      bytes a line. It holds hashes, no mail, and has no name.
      """,
    examples: [
      "message-trace verify /var/log/contoso.ndjson",
      "message-trace demo > e.ndjson && message-trace verify e.ndjson",
    ],
    operands: .files(0...10_000),
    implementation: Self.self)

  let context: CommandContext

  func run() throws(Failure) -> ExitCode {
    guard !context.invocation.operands.isEmpty else {
      throw Invocation.usage("verify requires at least one file.", help: "See message-trace help verify")
    }
    var audit = EventAudit()
    for path in context.invocation.operands {
      var reader = try LineReader(path)
      try reader.eachLine { (line, ending) throws(Failure) in try audit.take(line, ending) }
    }
    try audit.finish()
    try context.terminal.output(audit.text)
    return audit.invalid == 0 && audit.repeated == 0 ? .done : .badData
  }
}
