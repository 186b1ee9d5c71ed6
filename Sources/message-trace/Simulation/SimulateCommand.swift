// `simulate`: serves a stand-in for Microsoft's endpoints until stopped, and prints the settings to collect from it.

internal import Configuration
internal import IntakeCore
internal import Simulator

struct SimulateCommand: RunnableCommand {
  static let descriptor = Command(
    name: "simulate",
    summary: "a local stand-in for Microsoft's endpoints",
    usage: "simulate [OPTION]...",
    details: """
      Serves sign-in, the Reporting Web Service and Graph for a generated tenant on a loopback port until stopped, and
      beside them receivers of events: Elastic, Splunk, Sekoia, Sentinel, plain HTTP. Prints the settings to use them.
      With --tenants, playbooks of that many tenants are written, to see what `run` needs for them; no quota is
      counted then.
      Faults, to see how `check` and `collect` respond to them:

      \(faultTable)
      """,
    examples: [
      "message-trace simulate --messages 20000 --seed 7 --hours 48 --port 8080",
      "message-trace simulate --fault throttled,odd-rows",
      "message-trace simulate --tenants 1000 --playbooks ./tenants --messages 200 --fault few-tenants",
    ],
    settings: [.logLevel, .logFormat],
    options: [.messages, .seed, .port, .hours, .fault, .tenants, .playbooks],
    implementation: Self.self)

  let context: CommandContext

  func run() async throws(Failure) -> ExitCode {
    let messages = try context.number(.messages, default: 1_000, 0...10_000_000)
    let seed = try context.number(.seed, default: 1, 0...Int.max)
    let port = try context.number(.port, default: 0, 0...65_535)
    let hours = try context.number(.hours, default: 24, 1...2_000)
    let now = TimeSource.system.now()
    let tenant = SimulatedTenant(
      seed: UInt64(seed), messages: messages, window: Window(start: now - .seconds(3_600 * hours), end: now))
    var settings = SimulatorSettings(tenant: tenant, time: .system)
    settings.port = port
    settings.tenants = try tenants()
    if settings.tenants > 0 { settings.quota = .off }
    for fault in try faults() { fault.apply(to: &settings) }
    let server = try SimulatorServer.start(settings)
    defer { server.stop() }
    if let folder = context.invocation.options[.playbooks] {
      _ = try SimulatedPlaybooks(server, in: folder).write()
      try context.terminal.output(Self.text(playbooks: settings.tenants, in: folder))
    } else {
      try context.terminal.output(Self.text(server, SimulatorSettings(tenant: tenant, time: .system)))
    }
    return try await StopSignals.guarding { () async throws(Failure) -> ExitCode in
      do { while true { try await TimeSource.systemSleep(.seconds(3_600)) } } catch { return .done }
    }.get()
  }

  /// How many have a playbook; 0 without the options.
  private func tenants() throws(Failure) -> Int {
    let options = context.invocation.options
    guard (options[.tenants] == nil) == (options[.playbooks] == nil) else {
      throw Invocation.usage("--tenants and --playbooks require each other.", help: "message-trace help simulate")
    }
    return options[.tenants] == nil ? 0 : try context.number(.tenants, default: 1, 1...1_000)
  }

  private static func text(playbooks count: Int, in folder: String) -> String {
    """
    # \(count) playbooks in \(folder) until this is stopped; collect for all of them in one process:

    message-trace run \(folder)/*.json --metrics-file \(folder)/mail.prom

    """
  }

  /// The faults with their summaries, for the help.
  static let faultTable = NamedFault.allCases.map { fault in
    "  " + fault.rawValue + String(repeating: " ", count: max(1, 18 - fault.rawValue.utf8.count)) + fault.summary
  }.joined(separator: "\n")

  private func faults() throws(Failure) -> [NamedFault] {
    var faults: [NamedFault] = []
    for name in (context.invocation.all[.fault] ?? []).flatMap({ $0.split(separator: ",") }).map(String.init) {
      guard let fault = NamedFault(rawValue: name) else {
        let question = Suggestion.question(name, among: NamedFault.allCases.map(\.rawValue))
        throw Invocation.usage(
          "unknown fault \(Log.clean(name, limit: 60))\(question)", help: "See message-trace help simulate")
      }
      faults.append(fault)
    }
    return faults
  }

  /// The shell commands that collect from the simulator.
  private static func text(_ server: SimulatorServer, _ settings: SimulatorSettings) -> String {
    """
    # \(settings.tenant.rowCount) rows of \(settings.tenant.name) until this is stopped; paste one of these:

    export MESSAGE_TRACE_CLIENT_SECRET='\(settings.clientSecret)' MESSAGE_TRACE_PASSWORD='\(settings.password)'
    message-trace collect --mode graph --tenant \(settings.tenant.name) --client-id \(settings.clientID) \\
      --graph-url \(server.graphURL) --authority \(server.authorityURL) --state ./demo-state
    message-trace collect --mode reporting --username \(settings.username) \\
      --reporting-url \(server.reportingURL) --state ./demo-state

    # Receivers of events, in place of a SIEM; add one of these to a command above:

    export MESSAGE_TRACE_ELASTIC_API_KEY='\(settings.elasticAPIKey)' MESSAGE_TRACE_SPLUNK_TOKEN='\(settings.splunkToken)'
    export MESSAGE_TRACE_SEKOIA_INTAKE_KEY='\(settings.sekoiaIntakeKey)' MESSAGE_TRACE_HTTPS_TOKEN='\(settings.httpsToken)'
      --sink elastic+http://127.0.0.1:\(server.port)/mail
      --sink splunk+http://127.0.0.1:\(server.port)
      --sink sekoia+http://127.0.0.1:\(server.port) --profile raw
      --sink sentinel+http://127.0.0.1:\(server.port)/dcr-0123/Custom-Mail_CL
      --sink http://127.0.0.1:\(server.port)/receive

    """
  }
}
