// `playbook`: writes a template to fill in, validates playbooks, prints the JSON Schema for editors.

internal import Checkpoint
internal import Configuration
internal import Glibc
internal import IntakeCore

struct PlaybookCommand: RunnableCommand {
  static let descriptor = Command(
    name: "playbook",
    summary: "create a playbook, validate it, print the JSON Schema",
    usage: "playbook init [PATH] | validate PATH... | schema",
    details: """
      init writes a complete playbook to fill in, to standard output or a new file, with --mode, --tenant,
      --client-id and --local-domains (the accepted domains of the tenant) set. The playbook refers to a file in a
      folder beside it for the secret.
      validate lists every mistake of each file with its line and the nearest valid key; it reads no secret.
      """,
    examples: [
      "message-trace playbook init contoso.json --tenant contoso.onmicrosoft.com --local-domains contoso.com,contoso.fr",
      "message-trace playbook validate /etc/message-trace/*.json",
      "message-trace playbook schema > playbook.schema.json",
    ],
    settings: [.mode, .tenant, .clientID, .localDomains],
    operands: Operands(count: 1...10_000, verbs: ["init", "validate", "schema"], areFiles: true),
    implementation: Self.self)

  let context: CommandContext

  func run() throws(Failure) -> ExitCode {
    let operands = context.invocation.operands
    switch (operands[0], operands.count) {
    case ("init", 1): try context.terminal.output(try starter(for: nil).text)
    case ("init", 2): try write(try starter(for: operands[1]), to: operands[1])
    case ("schema", 1): try context.terminal.output(PlaybookSchema.text)
    case ("validate", 2...): return try validate(operands.dropFirst())
    default:
      throw Self.descriptor.wrongCall("the operands do not fit playbook \(Log.clean(operands[0], limit: 60)).")
    }
    return .done
  }

  /// - Parameter path: of the new playbook; nil for standard output.
  private func starter(for path: String?) throws(Failure) -> (text: String, secret: String) {
    let layer = context.invocation.layer
    guard let mode = Mode(rawValue: layer[.mode]?.last ?? Mode.graph.rawValue) else {
      throw Invocation.usage("--mode must be graph or reporting.", help: Self.descriptor.helpCall)
    }
    let tenant = layer[.tenant]?.last ?? "contoso.onmicrosoft.com"
    let file = path?.split(separator: "/").last.map(String.init) ?? String(tenant.prefix { $0 != "." })
    let name = file.hasSuffix(".json") ? String(file.dropLast(".json".utf8.count)) : file
    let text = PlaybookStarter.text(
      mode, tenant: tenant, uuid: RandomUUID.make(), name: name, localDomains: layer[.localDomains] ?? [],
      clientID: layer[.clientID]?.last)
    return (text, PlaybookStarter.secretFile(mode, name: name))
  }

  /// Writes a new file; an existing file is never overwritten.
  private func write(_ starter: (text: String, secret: String), to path: String) throws(Failure) {
    let files = FileCalls.system
    do throws(FileFault) {
      let file = try files.open(path, O_WRONLY | O_CREAT | O_EXCL)
      try files.write(Array(starter.text.utf8), to: file, at: 0)
      // It holds no secret, and the dynamic user of a service must be able to read it.
      guard fchmod(file.raw, 0o644) == 0 else { throw FileFault(.write, path, errno) }
      try files.close(file)
    } catch {
      guard error.number != EEXIST else {
        throw Failure(
          "playbook.exists", exit: .cannotCreate, "Writing the playbook \(path): the file already exists.",
          hint: "Choose another path; the existing file was not changed.")
      }
      throw error.failure("playbook", "Writing the playbook \(path)")
    }
    context.terminal.say(
      "\(path): written; fill in `source`, put the secret into \(starter.secret) beside it (chmod 600), then run: message-trace playbook validate \(path)"
    )
  }

  /// Validates every playbook, also after a failure.
  private func validate(_ paths: ArraySlice<String>) throws(Failure) -> ExitCode {
    var worst: Failure?
    for path in paths {
      do {
        let notes = try Playbook.validate(path, environment: context.environment)
        try context.terminal.output("\(path): good\n")
        for note in notes { context.terminal.say("note: \(note)") }
      } catch {
        if let worst { context.terminal.failure(worst) }
        worst = error
      }
    }
    if let worst { throw worst }
    if paths.count > 1 { try refuseShared(paths) }
    return .done
  }

  /// Playbooks that name one state directory are good each, and not together.
  private func refuseShared(_ paths: ArraySlice<String>) throws(Failure) {
    let above = SettingLayer(environment: context.environment)
    try StateLocation.refuseShared(
      try paths.map { (path) throws(Failure) in
        let layer = above.over(try Playbook.read(path).layer)
        return (path, try TenantSettings.statePlace(layer, environment: [:]).sharedName)
      })
  }
}
