// A simulated tenant with playbooks for it, and waiting for what a daemon is about to do.

internal import Glibc
internal import IntakeCore
internal import Simulator
import Testing

struct PlaybookFixture: ~Copyable {
  let server: SimulatorServer
  let settings: SimulatorSettings
  let folder = TemporaryFolder()
  let now: Instant

  /// - Parameter hours: how far back the mail reaches.
  init(messages: Int, hours: Int = 5, faults: [FaultRule] = []) throws {
    now = TimeSource.system.now()
    let tenant = SimulatedTenant(
      seed: 5, messages: messages,
      window: Window(start: now - .seconds(hours * 3_600), end: now - .seconds(600)), knobs: .calm)
    var settings = SimulatorSettings(tenant: tenant, time: .system)
    settings.faults = FaultPlan(faults)
    settings.quota = .off
    self.settings = settings
    server = try SimulatorServer.start(settings)
  }

  deinit { server.stop() }

  var environment: [String: String] { ["GOOD": settings.clientSecret, "BAD": "revoked"] }
  func state(_ name: String) -> String { folder.file("\(name).state") }
  func events(_ name: String) -> String { folder.file("\(name).ndjson") }

  /// Writes a playbook and gives its path.
  func playbook(_ name: String, secret: String = "GOOD", every: String = "1s", pageSize: Int = 5_000) -> String {
    folder.write(
      """
      { "name": "\(name)", "type": "intake",
        "trigger": { "every": "\(every)", "since": "6h" },
        "source": { "mode": "graph", "tenant": "\(settings.tenant.name)", "clientId": "\(settings.clientID)",
          "clientSecret": { "env": "\(secret)" }, "pageSize": \(pageSize),
          "graphUrl": "\(server.graphURL)", "authority": "\(server.authorityURL)" },
        "sinks": ["file:\(events(name))"], "state": "\(state(name))", "metricsFile": "\(folder.file("m.prom"))" }
      """, to: "\(name).json")
  }

  /// What a reader of the status sees; nil before the first pass has ended.
  func status(_ name: String) -> JSONValue? { Self.json("\(state(name))/status.json") }

  func passes(_ name: String) -> Int64 { status(name)?["counters"]?["passes"]?[""]?.integer ?? 0 }

  /// Requests for rows so far, not for tokens.
  var pagesAsked: Int { server.requests().count { $0.path.hasPrefix("/v1.0/") } }

  /// Every row's event is in the file, once: by our own `verify`, and by the truth of the tenant.
  func expectWhole(_ name: String, location: SourceLocation = #_sourceLocation) {
    let verified = Program.run(["verify", events(name)])
    #expect(verified.status == 0, sourceLocation: location)
    #expect(verified.lines.first == "lines               \(settings.tenant.rowCount)", sourceLocation: location)
    let verdict = verdict(of: [events(name)])
    #expect(verdict.isPerfect, "\(verdict)", sourceLocation: location)
  }

  /// What the tenant's truth says of these files together; those that are not there hold nothing.
  func verdict(of files: [String]) -> DeliveryOracle.Verdict {
    let bytes = files.reduce(into: [UInt8]()) { bytes, file in
      bytes += (try? FileBytes.read(file, purpose: "output", limit: 1 << 30)) ?? []
    }
    return DeliveryOracle(settings.tenant, at: TimeSource.system.now()).judge(bytes)
  }

  /// One pass more, as after a restart of the host: it ends well and changes nothing of what was said to be whole.
  func restart(_ playbook: String, location: SourceLocation = #_sourceLocation) {
    let outcome = Program.run(["collect", playbook], environment: environment)
    #expect(outcome.status == 0 && outcome.errors.isEmpty, "\(outcome.errors)", sourceLocation: location)
  }

  static func json(_ path: String) -> JSONValue? {
    (try? FileBytes.read(path, purpose: "JSON")).flatMap { try? JSONValue(parsing: $0) }
  }
}

/// Polls until the condition holds. The bound is far above what a busy machine needs; only a defect reaches it.
func eventually(_ condition: () -> Bool, location: SourceLocation = #_sourceLocation) {
  let deadline = ContinuousClock.now + .seconds(300)
  while ContinuousClock.now < deadline {
    if condition() { return }
    usleep(10_000)
  }
  Issue.record("The condition did not hold within 300 s.", sourceLocation: location)
}
