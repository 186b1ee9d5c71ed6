// `state`: what a receiver has refused for good, and sending it again.

internal import Checkpoint
internal import Configuration
internal import IntakeCore

struct StateCommand: RunnableCommand {
  static let descriptor = Command(
    name: "state",
    summary: "events that a receiver has refused; send them again",
    usage: "state rejected [PLAYBOOK] [--resend] [--format text|json] [OPTION]...",
    details: """
      Lists the events that a receiver has refused for good, with its reason: they are set aside in the state, so that they
      block no other event. With --resend they are sent again to the sink that refused them, for example after the types of
      an index were corrected; what is refused again stays. --format json prints each with the whole event, one a line.
      """,
    examples: ["message-trace state rejected contoso.json", "message-trace state rejected contoso.json --resend"],
    settings: Setting.allCases,
    options: [.resend, .format],
    operands: Operands(count: 1...2, verbs: ["rejected"], areFiles: true),
    implementation: Self.self)

  let context: CommandContext

  func run() async throws(Failure) -> ExitCode {
    var layer = context.invocation.layer.over(SettingLayer(environment: context.environment))
    if let playbook = context.invocation.operands.dropFirst().first {
      layer = layer.over(try Playbook.read(playbook).layer)
    }
    guard context.invocation.options[.resend] == nil else { return try await resend(layer) }
    let file = try TenantSettings.statePlace(layer, environment: context.environment).rejected
    return try list(file, asJSON: try context.chosen(.format) == "json")
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
