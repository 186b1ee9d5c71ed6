// A simulated tenant with playbooks, and a wait for a condition.

internal import Glibc
internal import IntakeCore
internal import IntakeTesting
internal import Simulator
import Testing

struct PlaybookFixture: ~Copyable {
  let server: SimulatorServer
  let settings: SimulatorSettings
  let folder: ScratchFolder
  let now: Instant

  /// - Parameter hours: how far back the mail reaches.
  init(messages: Int, hours: Int = 5, faults: [FaultRule] = [], knobs: TenantKnobs = .calm) throws {
    let now = TimeSource.system.now()
    let tenant = SimulatedTenant(
      seed: 5, messages: messages,
      window: Window(start: now - .seconds(hours * 3_600), end: now - .seconds(600)), knobs: knobs)
    var settings = SimulatorSettings(tenant: tenant, time: .system)
    settings.faults = FaultPlan(faults)
    settings.quota = .off
    let folder = try ScratchFolder()
    let server = try SimulatorServer.start(settings)
    self.server = server
    self.settings = settings
    self.folder = folder
    self.now = now
  }

  deinit { server.stop() }

  var environment: [String: String] { ["GOOD": settings.clientSecret, "BAD": "revoked"] }
  func state(_ name: String) -> String { folder("\(name).state") }
  func events(_ name: String) -> String { folder("\(name).ndjson") }

  /// The same tenant without faults; stop it.
  func serveWithoutFaults() throws -> SimulatorServer {
    var settings = settings
    settings.faults = .none
    return try SimulatorServer.start(settings)
  }

  /// Writes a playbook and gives its path.
  /// - Parameters:
  ///   - name: of the playbook, its state and its events.
  ///   - secret: the variable that holds it.
  ///   - every: the interval of the trigger.
  ///   - pageSize: rows of a page.
  ///   - service: where the service and its sign-in are; nil: the simulator.
  func playbook(
    _ name: String, secret: String = "GOOD", every: String = "1s", pageSize: Int = 5_000, service: String? = nil
  ) throws -> String {
    try folder.write(
      """
      { "name": "\(name)", "type": "intake",
        "trigger": { "every": "\(every)", "since": "6h" },
        "source": { "mode": "graph", "tenant": "\(settings.tenant.name)", "clientId": "\(settings.clientID)",
          "clientSecret": { "env": "\(secret)" }, "pageSize": \(pageSize),
          "graphUrl": "\(service ?? server.graphURL)", "authority": "\(service ?? server.authorityURL)" },
        "sinks": ["file:\(events(name))"], "state": "\(state(name))", "metricsFile": "\(folder("m.prom"))" }
      """, to: "\(name).json")
  }

  /// The status file; nil before the end of the first pass.
  func status(_ name: String) -> JSONValue? { Self.json("\(state(name))/status.json") }

  func passes(_ name: String) -> Int64 { status(name)?["counters"]?["passes"]?[""]?.integer ?? 0 }

  /// Requests for rows so far, not for tokens.
  var pagesAsked: Int { server.requests().count { $0.path.hasPrefix("/v1.0/") } }

  /// Expects the event of every row in the file, once, by `verify` and by the rows of the tenant.
  func expectWhole(_ name: String, location: SourceLocation = #_sourceLocation) {
    let verified = Program.run(["verify", events(name)])
    #expect(verified.status == 0, sourceLocation: location)
    #expect(verified.lines.first == "lines               \(settings.tenant.rowCount)", sourceLocation: location)
    let verdict = verdict(of: [events(name)])
    #expect(verdict.isPerfect, "\(verdict)", sourceLocation: location)
  }

  /// Compares these files together with the tenant's rows; missing files count as empty.
  func verdict(of files: [String]) -> DeliveryOracle.Verdict {
    let bytes = files.reduce(into: [UInt8]()) { bytes, file in
      bytes += (try? FileBytes.read(file, purpose: "output", limit: 1 << 30)) ?? []
    }
    return DeliveryOracle(settings.tenant, at: TimeSource.system.now()).judge(bytes)
  }

  /// Runs one more pass, as after a restart of the host; it must succeed.
  func restart(_ playbook: String, location: SourceLocation = #_sourceLocation) {
    let outcome = Program.run(["collect", playbook], environment: environment)
    #expect(outcome.status == 0 && outcome.errors.isEmpty, "\(outcome.errors)", sourceLocation: location)
  }

  static func json(_ path: String) -> JSONValue? {
    (try? FileBytes.read(path, purpose: "JSON")).flatMap { try? JSONValue(parsing: $0) }
  }
}

/// Polls until the condition holds; only a defect reaches the bound.
func eventually(_ condition: () -> Bool, location: SourceLocation = #_sourceLocation) {
  if !Waiting.until(condition) {
    Issue.record("The condition did not hold within \(Waiting.bound).", sourceLocation: location)
  }
}
