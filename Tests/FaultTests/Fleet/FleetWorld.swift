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
  /// The clock of services and members.
  let clock: FleetClock
  /// The last mail comes then, by that clock.
  let end: Instant

  /// - Parameters:
  ///   - seed: of the mail.
  ///   - tenants: each with a simulator of its own.
  ///   - messages: of each tenant, most of them older than the trial.
  ///   - span: for how long mail comes while the trial runs, by the clock of services and members.
  ///   - lease: in seconds.
  ///   - every: the interval between passes.
  ///   - rate: seconds of that clock for each second. Leases and the database keep the real time.
  init(
    seed: UInt64, tenants: Int, messages: Int, span: Duration, lease: Int, every: String = "1s", rate: Int = 1
  ) throws {
    self.every = every
    let clock = FleetClock(rate: rate)
    self.clock = clock
    database = try PostgresServer()
    self.lease = lease
    state = "\(try database.makeDatabase("mail"))?lease=\(lease)s"
    folder = try ScratchFolder()
    let now = clock.time.now()
    end = now + span
    var knobs = TenantKnobs.calm
    knobs.multiRecipientShare = 0
    simulators = try (0..<tenants).map { number in
      let tenant = SimulatedTenant(
        seed: seed &* 1_000 &+ UInt64(number), messages: messages,
        window: Window(start: now - .seconds(1_200), end: now + span), name: "t\(number).onmicrosoft.com", knobs: knobs)
      var settings = SimulatorSettings(tenant: tenant, time: clock.time)
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
      ].merging(clock.environment) { $1 })
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
    simulators.map { verdict($0, service) }
  }

  private func verdict(_ simulator: SimulatorServer, _ service: ReceivingService) -> DeliveryOracle.Verdict {
    DeliveryOracle(simulator.settings.tenant, at: clock.time.now()).judge(simulator.receipt(service).events)
  }

  /// Both receivers of every tenant have every event.
  var isComplete: Bool { incomplete(simulators.indices).isEmpty }

  /// Those of some tenants of which a receiver lacks events. No more mail comes after `end`: others need no second look.
  func incomplete(_ tenants: some Sequence<Int>) -> [Int] {
    guard clock.time.now() > end else { return Array(tenants) }
    return tenants.filter { number in
      [ReceivingService.elastic, .splunk].contains { verdict(simulators[number], $0).lost > 0 }
    }
  }
}

/// A clock of day that may run faster than the real one.
struct FleetClock: Sendable {
  private let start = TimeSource.system.now()
  let rate: Int

  init(rate: Int) { self.rate = rate }

  /// Waits are real.
  var time: TimeSource {
    let (start, rate) = (start, rate)
    return TimeSource(now: { start + (TimeSource.system.now() - start) * rate })
  }

  /// What gives the program the same clock.
  var environment: [String: String] {
    guard rate > 1 else { return [:] }
    return ["LD_PRELOAD": Shim.clock, "CLOCK_BASE": "\(start.ticks)00", "CLOCK_RATE": "\(rate)"]
  }
}
