// `playbook`: a starter to fill in, the check that tells every mistake at once, and the JSON Schema for editors.

internal import Glibc
internal import IntakeCore
internal import Trigger

struct PlaybookCommand {
  let job: Job

  func run() throws(Failure) -> ExitCode {
    let operands = job.invocation.operands
    switch (operands[0], operands.count) {
    case ("init", 1): try job.terminal.output(try starter())
    case ("init", 2): try write(try starter(), to: operands[1])
    case ("schema", 1): try job.terminal.output(PlaybookSchema.text)
    case ("validate", 2...): return try validate(operands.dropFirst())
    default:
      let near = Suggestion.name(to: operands[0], among: ["init", "validate", "schema"])
      let question = near.map { $0 == operands[0] ? "" : " Did you mean \($0)?" } ?? ""
      throw Invocation.usage(
        "The call is: message-trace \(Command.playbook.usage).\(question)", help: "message-trace help playbook")
    }
    return .done
  }

  private func starter() throws(Failure) -> String {
    let name = job.invocation.layer[.mode]?.last ?? Mode.graph.rawValue
    guard let mode = Mode(rawValue: name) else {
      throw Invocation.usage("--mode is graph or reporting.", help: "message-trace help playbook")
    }
    return PlaybookStarter.text(
      mode, tenant: job.invocation.layer[.tenant]?.last ?? "contoso.onmicrosoft.com", uuid: PlaybookStarter.makeUUID())
  }

  /// A new file: one that is there is never written over.
  private func write(_ text: String, to path: String) throws(Failure) {
    let files = FileCalls.system
    do {
      let file = try files.open(path, O_WRONLY | O_CREAT | O_EXCL)
      try files.write(Array(text.utf8), to: file, at: 0)
      try files.close(file)
    } catch {
      guard error.number != EEXIST else {
        throw Failure(
          "playbook.exists", exit: .cannotCreate, "Writing the playbook \(path): the file exists already.",
          hint: "Name a new file; this one is left as it is.")
      }
      throw error.failure("playbook", "Writing the playbook \(path)")
    }
    job.terminal.say("\(path): written; fill in source, then run: message-trace playbook validate \(path)")
  }

  /// Every playbook is looked at, whatever is wrong with those before it.
  private func validate(_ paths: ArraySlice<String>) throws(Failure) -> ExitCode {
    var worst: Failure?
    for path in paths {
      do {
        let notes = try Playbook.validate(path, environment: job.environment)
        try job.terminal.output("\(path): good\n")
        for note in notes { job.terminal.say("note: \(note)") }
      } catch {
        if let worst { job.terminal.failure(worst) }
        worst = error
      }
    }
    if let worst { throw worst }
    return .done
  }
}
