// A simulated tenant, receivers beside it, and the built binary that collects from the one into the other.

internal import Glibc
internal import IntakeCore
internal import IntakeTesting
internal import Simulator
internal import Testing

@testable import Sinks

/// One server for the source and every receiver.
struct HTTPFixture: ~Copyable {
  let server: SimulatorServer
  let folder: ScratchFolder
  let now = Instant(seconds: 1_790_000_000)

  /// - Parameters:
  ///   - faults: of the receivers.
  ///   - change: of the settings.
  init(messages: Int = 100, faults: [FaultRule] = [], change: (inout SimulatorSettings) -> Void = { _ in }) throws {
    let now = now
    let window = Window(start: now - .seconds(30 * 3_600), end: now - .seconds(600))
    let tenant = SimulatedTenant(seed: 5, messages: messages, window: window, knobs: .calm)
    var settings = SimulatorSettings(tenant: tenant, time: TimeSource(now: { now }))
    settings.quota = .off
    settings.faults = FaultPlan(faults)
    change(&settings)
    let folder = try ScratchFolder()
    let server = try SimulatorServer.start(settings)
    self.folder = folder
    self.server = server
  }

  deinit { server.stop() }

  var environment: [String: String] {
    let settings = server.settings
    return [
      "MESSAGE_TRACE_CLIENT_SECRET": settings.clientSecret, "MESSAGE_TRACE_ELASTIC_API_KEY": settings.elasticAPIKey,
      "MESSAGE_TRACE_SPLUNK_TOKEN": settings.splunkToken, "MESSAGE_TRACE_SEKOIA_INTAKE_KEY": settings.sekoiaIntakeKey,
      "MESSAGE_TRACE_HTTPS_TOKEN": settings.httpsToken,
    ]
  }

  func arguments(_ command: [String], sink: String, port: Int? = nil) -> [String] {
    let settings = server.settings
    return command + [
      "--mode", "graph", "--tenant", settings.tenant.name, "--client-id", settings.clientID, "--graph-url",
      server.graphURL, "--authority", server.authorityURL, "--state", folder("state"), "--since", "31h", "--now",
      Timestamp.text(now), "--sink", sink,
    ]
  }

  /// Runs the binary to its end.
  func run(_ command: [String] = ["collect"], sink: String) throws -> ProcessResult {
    try TestProgram([TestProgram.product("message-trace")] + arguments(command, sink: sink), environment: environment)
      .capture()
  }

  /// The sink of this service.
  func sink(_ service: ReceivingService, _ options: String = "") -> String {
    switch service {
    case .elastic: "elastic+http://127.0.0.1:\(server.port)/mail\(options)"
    case .splunk: "splunk+http://127.0.0.1:\(server.port)\(options)"
    case .sekoia: "sekoia+http://127.0.0.1:\(server.port)\(options)"
    case .sentinel:
      "sentinel+http://127.0.0.1:\(server.port)/dcr-00000000000000000000000000000001/Custom-Mail_CL\(options)"
    case .https: "http://127.0.0.1:\(server.port)/receive\(options)"
    }
  }

  /// What has arrived at a service, against the tenant.
  func verdict(_ service: ReceivingService) -> DeliveryOracle.Verdict {
    DeliveryOracle(server.settings.tenant, at: now).judge(server.receipt(service).events)
  }
}
