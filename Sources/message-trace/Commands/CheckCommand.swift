// `check`: tests every part of a configuration and prints the findings as a table or as JSON.

internal import Collector
internal import Configuration
internal import IntakeCore
internal import Trigger

struct CheckCommand: RunnableCommand {
  static let descriptor = Command(
    name: "check",
    summary: "sign in, read one row, try each sink; report what to fix",
    usage: "check [PLAYBOOK] [--format text|json] [--send-test] [OPTION]...",
    details: """
      Tests the settings, mapping, state, sign-in, one row of the service, the clock and each sink. For each failure it
      reports the cause and what to do. Moves no cursor and delivers nothing, except one test event to each receiver with
      --send-test.
      """,
    examples: ["message-trace check contoso.json", "message-trace check contoso.json --format json"],
    settings: Setting.allCases,
    options: [.format, .sendTest],
    operands: .optionalPlaybook,
    implementation: Self.self)

  let context: CommandContext

  func run() async throws(Failure) -> ExitCode {
    let layer = try context.layer()
    let time = try context.time(layer)
    let log = try context.log(layer, time: time, quiet: .error)
    let configuration = try context.tenantSettings(layer, log: log)
    let format = try context.chosen(.format)
    let doubts = EnvironmentNames.warnings(context.environment, layers: [layer]) + configuration.warnings
    let sendsTest = context.invocation.options[.sendTest] != nil
    let checkup = try await StopSignals.guarding { () async throws(Failure) -> HealthCheck in
      await HealthCheck.run(configuration, doubts: doubts, sendsTest: sendsTest, time: time, log: log)
    }.get()
    try context.terminal.output(format == "json" ? Self.object(checkup) : Self.table(checkup))
    let worst = PassOutcome.worst(of: checkup.failures)?.exit
    return worst ?? (checkup.findings.allSatisfy(\.isGood) ? .done : .configuration)
  }

  private static func table(_ checkup: HealthCheck) -> String {
    let width = checkup.findings.map(\.name.utf8.count).max() ?? 0
    return checkup.findings.map { finding in
      let name = Log.clean(finding.name, limit: 200)
      let pad = String(repeating: " ", count: max(1, width + 2 - name.utf8.count))
      let hint = finding.hint.map {
        "\n        \(String(repeating: " ", count: width + 2))do: \(Log.clean($0, limit: 1_000))"
      }
      return
        "\(finding.isWarning ? "warn" : finding.isGood ? "good" : "BAD ")    \(name)\(pad)\(Log.clean(finding.sentence, limit: 1_000))\(hint ?? "")\n"
    }.joined()
  }

  private static func object(_ checkup: HealthCheck) -> String {
    let findings = checkup.findings.map { finding in
      JSONValue.object(
        [
          .init("name", .string(finding.name)), .init("good", .bool(finding.isGood)),
          .init("sentence", .string(finding.sentence)),
        ] + (finding.isWarning ? [.init("warning", .bool(true))] : [])
          + (finding.hint.map { [.init("hint", .string($0))] } ?? []))
    }
    let isGood = checkup.findings.allSatisfy(\.isGood)
    return JSONValue.object([.init("good", .bool(isGood)), .init("findings", .array(findings))]).text + "\n"
  }
}
