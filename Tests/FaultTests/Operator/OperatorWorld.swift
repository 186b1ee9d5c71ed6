// One tenant, one state and its files, as an operator changes them between two runs of the real binary.

internal import Glibc
internal import IntakeCore
internal import IntakeTesting
internal import Simulator

/// What an operator can set.
struct OperatorSettings {
  var mode = "graph"
  var pageSize = 5_000
  var revisits = ["15m", "1h", "6h", "24h"]
  var hasSecondSink = false
}

/// The simulated service with a clock moved by hand, and a folder with playbook, state and output.
final class OperatorWorld {
  static let start = Instant(seconds: 1_790_000_000)

  let clock = ManualClock(OperatorWorld.start)
  let server: SimulatorServer
  let folder: ScratchFolder
  private(set) var settings = OperatorSettings()
  private var rotated = 0
  /// The second sink was removed since the last pass that ended well.
  private var isForgetting = false

  init(seed: UInt64, faults: [FaultRule]) throws {
    let knobs = TenantKnobs(
      lateShare: 0.4, maximumDelay: .seconds(20 * 3_600), usualDelay: .seconds(120), statusChangeShare: 0.5,
      multiRecipientShare: 0.2)
    let start = Self.start
    let tenant = SimulatedTenant(
      seed: seed, messages: 60, window: Window(start: start - .seconds(3_600), end: start + .seconds(6 * 3_600)),
      knobs: knobs)
    var settings = SimulatorSettings(tenant: tenant, time: clock.source)
    settings.quota = .off
    settings.reportingPageSize = 25
    settings.faults = FaultPlan(seed: seed, faults)
    server = try SimulatorServer.start(settings)
    folder = try ScratchFolder()
    try write()
  }

  deinit { server.stop() }

  func change(_ edit: (inout OperatorSettings) -> Void) throws {
    let had = settings.hasSecondSink
    edit(&settings)
    if had && !settings.hasSecondSink { isForgetting = true }
    if settings.hasSecondSink { isForgetting = false }
    try write()
  }

  /// Renames the output, as log rotation does.
  func rotate() throws {
    guard unsafe access(folder("out.ndjson"), F_OK) == 0 else { return }
    rotated += 1
    try folder.rename("out.ndjson", to: "out.\(rotated)")
  }

  /// A command on the playbook with the program's clock off by `error`.
  func launch(_ command: String, _ extra: [String] = [], clockError error: Duration = .zero) -> TestProgram {
    let tenant = server.settings
    let environment = [
      "MESSAGE_TRACE_GRAPH_URL": server.graphURL, "MESSAGE_TRACE_AUTHORITY": server.authorityURL,
      "MESSAGE_TRACE_REPORTING_URL": server.reportingURL, "MESSAGE_TRACE_TENANT": tenant.tenant.name,
      "MESSAGE_TRACE_CLIENT_ID": tenant.clientID, "TRIAL_CLIENT_SECRET": tenant.clientSecret,
      "MESSAGE_TRACE_USERNAME": tenant.username, "TRIAL_PASSWORD": tenant.password,
    ]
    let now = ["--now", Timestamp.text(clock.now + error)]
    let forget = isForgetting ? ["--forget-sink"] : []
    let words = [TestProgram.product("message-trace"), command, folder("playbook.json")] + now + forget + extra
    var program = TestProgram(words, environment: environment)
    program.errors = .path(folder("errors"))
    return program
  }

  /// Runs a command to its end; its exit status.
  func run(_ command: String, _ extra: [String] = [], clockError: Duration = .zero) throws -> Int32 {
    let status = try launch(command, extra, clockError: clockError).run()
    if status == 0, command == "collect" { isForgetting = false }
    return status
  }

  /// What the program has written to stderr since the last call.
  func errors() -> String {
    defer { try? folder.remove("errors") }
    return (try? folder.text("errors")) ?? ""
  }

  /// The checkpoint as it is on disk.
  var checkpoint: String { ((try? folder.text("state/checkpoint.json")) ?? "").filter { $0 != "\n" } }

  /// Passes that have ended, by the status file.
  var passes: Int64 {
    let bytes = (try? folder.bytes("state/status.json")) ?? []
    return (try? JSONValue(parsing: bytes))?["counters"]?["passes"]?[""]?.integer ?? 0
  }

  /// All of the first sink's files against the tenant's rows.
  func verdict() throws -> DeliveryOracle.Verdict {
    let files = (1...max(1, rotated)).map { "out.\($0)" } + ["out.ndjson"]
    let bytes = try files.reduce(into: [UInt8]()) { $0 += try folder.bytes($1) }
    return FaultWorld.judge(bytes, DeliveryOracle(server.settings.tenant, at: clock.now))
  }

  /// The second sink's file: it starts where it was added, so nothing counts as lost.
  func secondVerdict() throws -> DeliveryOracle.Verdict {
    var verdict = FaultWorld.judge(
      try folder.bytes("second.ndjson"), DeliveryOracle(server.settings.tenant, at: clock.now))
    verdict.lost = 0
    return verdict
  }

  private func write() throws {
    let sinks = ["out.ndjson"] + (settings.hasSecondSink ? ["second.ndjson"] : [])
    let pageSize = settings.mode == "graph" ? settings.pageSize : min(settings.pageSize, 2_000)
    let secret = settings.mode == "graph" ? "clientSecret" : "password"
    let variable = settings.mode == "graph" ? "TRIAL_CLIENT_SECRET" : "TRIAL_PASSWORD"
    let revisits = settings.revisits.map { "\"\($0)\"" }.joined(separator: ", ")
    try folder.write(
      """
      { "name": "trial", "type": "intake",
        "trigger": { "every": "1s", "since": "26h", "revisit": [\(revisits)] },
        "source": { "mode": "\(settings.mode)", "pageSize": \(pageSize),
                    "\(secret)": { "env": "\(variable)" } },
        "sinks": [\(sinks.map { "\"file:\(folder($0))\"" }.joined(separator: ", "))], "state": "\(folder("state"))" }
      """, to: "playbook.json")
  }
}
