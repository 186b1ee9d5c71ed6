// Some tenants, a real PostgreSQL server, and as many processes of the built program as a test likes.

internal import Glibc
internal import IntakeCore
internal import IntakeTesting
internal import Simulator
internal import Testing

/// The services of some tenants with their receivers, the database, and the playbooks of all.
final class FleetWorld: Sendable {
  /// Most rows of a page, so most events of a batch.
  static let pageSize = 40

  let database: PostgresServer
  let state: String
  let simulators: [SimulatorServer]
  let folder: ScratchFolder
  /// Of every playbook.
  let every: String
  /// Seconds that a lease lasts.
  let lease: Int
  /// The last mail comes then.
  let end: Instant

  /// - Parameters:
  ///   - seed: of the mail.
  ///   - tenants: each with a simulator of its own.
  ///   - messages: of each tenant, most of them older than the trial.
  ///   - span: for how long mail comes while the trial runs.
  ///   - lease: in seconds.
  ///   - every: the interval between passes.
  init(seed: UInt64, tenants: Int, messages: Int, span: Duration, lease: Int, every: String = "1s") throws {
    self.every = every
    database = try PostgresServer()
    self.lease = lease
    state = "\(try database.makeDatabase("mail"))?lease=\(lease)s"
    folder = try ScratchFolder()
    let now = TimeSource.system.now()
    end = now + span
    var knobs = TenantKnobs.calm
    knobs.multiRecipientShare = 0
    simulators = try (0..<tenants).map { number in
      let tenant = SimulatedTenant(
        seed: seed &* 1_000 &+ UInt64(number), messages: messages,
        window: Window(start: now - .seconds(1_200), end: now + span), name: "t\(number).onmicrosoft.com", knobs: knobs)
      var settings = SimulatorSettings(tenant: tenant, time: .system)
      settings.quota = .off
      return try SimulatorServer.start(settings)
    }
    for number in simulators.indices { try folder.write(playbook(number), to: "t\(number).json") }
    let made = try program(["state", "init", "--state", state]).capture()
    try #require(made.status == 0, "\(made.errors)")
  }

  deinit { for simulator in simulators { simulator.stop() } }

  var playbooks: [String] { simulators.indices.map { folder("t\($0).json") } }

  private func playbook(_ number: Int) -> String {
    let simulator = simulators[number]
    let settings = simulator.settings
    let host = "127.0.0.1:\(simulator.port)"
    return """
      { "name": "t\(number)", "type": "intake",
        "trigger": { "every": "\(every)", "since": "1h", "lag": "0s", "revisit": ["none"] },
        "source": { "mode": "graph", "tenant": "\(settings.tenant.name)", "clientId": "\(settings.clientID)",
          "clientSecret": { "env": "SECRET" }, "pageSize": \(Self.pageSize),
          "graphUrl": "\(simulator.graphURL)", "authority": "\(simulator.authorityURL)" },
        "sinks": ["elastic+http://\(host)/mail", "splunk+http://\(host)"], "state": "\(state)" }
      """
  }

  func program(_ arguments: [String]) -> TestProgram {
    let settings = simulators[0].settings
    return TestProgram(
      [TestProgram.product("message-trace")] + arguments,
      environment: [
        "SECRET": settings.clientSecret, "MESSAGE_TRACE_ELASTIC_API_KEY": settings.elasticAPIKey,
        "MESSAGE_TRACE_SPLUNK_TOKEN": settings.splunkToken, "HOME": folder.path,
      ])
  }

  /// A member of the fleet.
  func member() throws -> TestProcess {
    try program(["run"] + playbooks + ["--log-level", "info"]).startCapturing()
  }

  /// By tenant, the number of the process that holds it now.
  func holders() throws -> [String: pid_t] {
    let text = try database.query(
      "SELECT tenant || '|' || holder FROM message_trace.tenants WHERE holder IS NOT NULL AND expires > clock_timestamp()",
      in: "mail")
    var holders: [String: pid_t] = [:]
    for line in text.split(separator: "\n") {
      let parts = line.split(separator: "|")
      guard parts.count == 2, let word = parts[1].split(separator: " ").last, let process = pid_t(word) else {
        continue
      }
      holders[String(parts[0])] = process
    }
    return holders
  }

  /// How many tenants each of these processes holds.
  func counts(_ processes: [TestProcess]) throws -> [Int] {
    let holders = try holders()
    return processes.map { process in holders.values.count { $0 == process.id } }
  }

  /// Every tenant is held, by these processes alone, evenly to one.
  func isEven(_ processes: [TestProcess]) throws -> Bool {
    let counts = try counts(processes)
    return counts.reduce(0, +) == simulators.count && (counts.max() ?? 0) - (counts.min() ?? 0) <= 1
  }

  /// What each tenant's receiver has, against what it has to have now.
  func verdicts(_ service: ReceivingService) -> [DeliveryOracle.Verdict] {
    let now = TimeSource.system.now()
    return simulators.map { simulator in
      DeliveryOracle(simulator.settings.tenant, at: now).judge(simulator.receipt(service).events)
    }
  }

  /// Both receivers of every tenant have every event.
  var isComplete: Bool {
    TimeSource.system.now() > end
      && [ReceivingService.elastic, .splunk].allSatisfy { service in verdicts(service).allSatisfy { $0.lost == 0 } }
  }
}
