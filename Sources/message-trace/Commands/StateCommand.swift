// `state`: the tables of shared state, and what a receiver has refused for good.

internal import Checkpoint
internal import Configuration
internal import IntakeCore

struct StateCommand: RunnableCommand {
  static let descriptor = Command(
    name: "state",
    summary: "make the tables of shared state, move a state; refused events",
    usage: "state init [PLAYBOOK] | copy FROM TO | rejected [PLAYBOOK] [--resend] [OPTION]...",
    details: """
      init makes the tables of shared state in the database that --state or the playbook names, once for all tenants; tables
      that are there stay. It prints the rights to grant to a role that is not their owner.
      copy moves a state between directory and database, both ways: FROM cannot be used afterwards, until it is the TO of
      another copy. It refuses a state that is in use, and a TO that holds one. From a database it needs --tenant.
      rejected lists the events that a receiver has refused for good, with its reason: they are set aside in the state, so
      that they block no other event. With --resend they are sent again to the sink that refused them, for example after
      the types of an index were corrected; what is refused again stays. --format json prints each with the whole event,
      one a line.
      """,
    examples: [
      "message-trace state init --state postgresql://owner@db.example/mail",
      "message-trace state copy /var/lib/message-trace/contoso postgresql://collector@db.example/mail",
      "message-trace state rejected contoso.json", "message-trace state rejected contoso.json --resend",
    ],
    settings: Setting.allCases,
    options: [.resend, .format],
    operands: Operands(count: 1...3, verbs: ["init", "copy", "rejected"], areFiles: true),
    implementation: Self.self)

  let context: CommandContext

  func run() async throws(Failure) -> ExitCode {
    var layer = context.invocation.layer.over(SettingLayer(environment: context.environment))
    if context.invocation.operands.first == "copy" { return try copy(layer) }
    guard context.invocation.operands.count < 3 else { throw context.command.wrongCount(context.invocation.operands) }
    if let playbook = context.invocation.operands.dropFirst().first {
      layer = layer.over(try Playbook.read(playbook).layer)
    }
    if context.invocation.operands.first == "init" { return try initialize(layer) }
    guard context.invocation.options[.resend] == nil else { return try await resend(layer) }
    let file = try TenantSettings.statePlace(layer, environment: context.environment).rejected
    return try list(file, asJSON: try context.chosen(.format) == "json")
  }

  /// Makes the tables; prints what a database administrator has to grant.
  private func initialize(_ layer: SettingLayer) throws(Failure) -> ExitCode {
    guard let database = try TenantSettings.statePlace(layer, environment: context.environment).database else {
      throw Invocation.usage(
        "state init needs a database: --state postgresql://USER@HOST/DATABASE.", help: "See message-trace help state")
    }
    let isNew = try DatabaseSchema(database).create()
    context.terminal.say(
      "\(database.target.place): the tables \(isNew ? "were made" : "are there already"); for a collector with another role:"
    )
    try context.terminal.output(DatabaseSchema.grants(to: "ROLE").map { "\($0)\n" }.joined())
    return .done
  }

  private func copy(_ layer: SettingLayer) throws(Failure) -> ExitCode {
    let operands = context.invocation.operands
    guard operands.count == 3 else { throw context.command.wrongCall("copy needs FROM and TO.") }
    let reader = SettingReader(layer: layer, environment: context.environment, loadsSecrets: false)
    let from = StateLocation.fullPath(operands[1])
    var tenant = reader.tenant()
    if !DatabaseTarget.isOne(from) {
      let found = try StateDirectory.summary(from)?.tenant ?? tenant
      guard tenant.isEmpty || tenant == found else { throw Self.otherTenant(found, tenant) }
      tenant = found
    }
    guard !tenant.isEmpty || !DatabaseTarget.isOne(from) && !DatabaseTarget.isOne(operands[2]) else {
      throw Invocation.usage(
        "state copy needs --tenant: a database holds several.", help: "See message-trace help state")
    }
    let log = try context.log(layer, time: .system, quiet: .warning)
    let outcome = try StateCopy(
      from: try StatePlace(from, tenant: tenant, environment: context.environment),
      to: try StatePlace(StateLocation.fullPath(operands[2]), tenant: tenant, environment: context.environment),
      tenant: tenant, log: log
    ).run()
    context.terminal.say(
      "\(tenant): moved, with \(outcome.identities) identities, \(outcome.batches) undelivered batches and"
        + " \(outcome.refused) refused events. Set `state` to \(operands[2]) wherever it is named.")
    return .done
  }

  private static func otherTenant(_ found: String, _ asked: String) -> Failure {
    Failure(
      "state.foreign", exit: .configuration, "Copying the state: it belongs to another tenant than \(asked).",
      hint: "Leave --tenant out, or name the state of that tenant.")
  }

  private func list(_ file: any RejectedEvents, asJSON: Bool) throws(Failure) -> ExitCode {
    var failure: Failure?
    try file.eachLine { line in
      guard failure == nil else { return }
      do throws(Failure) {
        try context.terminal.output(asJSON ? line.text : Self.row(line))
      } catch {
        failure = error
      }
    }
    if let failure { throw failure }
    return .done
  }

  private static func row(_ line: RejectedLine) -> String {
    let letter = line.letter
    return
      "\(Timestamp.text(line.at))  \(letter.sink)  \(letter.identity.hex)  \(Log.clean(letter.reason, limit: 400))\n"
  }

  private func resend(_ layer: SettingLayer) async throws(Failure) -> ExitCode {
    let time = try context.time(layer)
    let log = try context.log(layer, time: time, quiet: .warning)
    let settings = try context.tenantSettings(layer, log: log)
    let outcome = try await StopSignals.guarding { () async throws(Failure) -> Resending.Outcome in
      try await Resending(settings, time: time, log: log).run()
    }.get()
    context.terminal.say(
      "\(outcome.taken) events sent again, \(outcome.refused) refused again, \(outcome.left) without their sink.")
    if let failure = outcome.failure { throw failure }
    return outcome.refused > 0 ? .badData : .done
  }
}
