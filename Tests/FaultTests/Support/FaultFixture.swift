// A small simulated tenant with a fixed clock, and folders into which the built program collects.

internal import Glibc
internal import IntakeCore
internal import IntakeTesting
internal import Simulator

/// The service side, and what must have come out.
struct FaultFixture: Sendable {
  static let now = Instant(seconds: 1_790_000_000)

  /// Asked for in graph mode; of its own accord the simulated legacy service gives as many.
  static let pageSize = 40

  let server: SimulatorServer
  let truth: DeliveryOracle
  let mode: String

  /// - Parameter pages: about so many pages of 40 rows in one window.
  init(mode: String = "graph", pages: Int = 3, faults: FaultPlan = .none, seed: UInt64 = 5) throws {
    let window = Window(start: Self.now - .seconds(4 * 3_600), end: Self.now - .seconds(600))
    var knobs = TenantKnobs.calm
    knobs.multiRecipientShare = 0
    let tenant = SimulatedTenant(seed: seed, messages: pages * 40, window: window, knobs: knobs)
    var settings = SimulatorSettings(tenant: tenant, time: TimeSource(now: { Self.now }))
    settings.quota = .off
    settings.faults = faults
    settings.reportingPageSize = Self.pageSize
    server = try SimulatorServer.start(settings)
    truth = DeliveryOracle(tenant, at: Self.now)
    self.mode = mode
  }

  var rows: Int { truth.required.count }

  func stop() { server.stop() }
}

/// One state and one output file, collected into as often as a test likes.
struct FaultWorld {
  var bench: FaultFixture
  let folder: ScratchFolder
  /// For stderr and logs of calls: files outside the folder whose calls are counted.
  let side: ScratchFolder
  var extra: [String] = []
  var since = "5h"
  var sink: String

  init(_ bench: FaultFixture) throws {
    self.bench = bench
    folder = try ScratchFolder()
    side = try ScratchFolder()
    sink = "file:\(folder("out.ndjson"))"
  }

  var output: String { folder("out.ndjson") }

  func launch(_ shim: Shim? = nil, now: Instant = FaultFixture.now) -> TestProgram {
    let settings = bench.server.settings
    let common = [
      "collect", "--mode", bench.mode, "--state", folder("state"), "--sink", sink, "--tenant", settings.tenant.name,
      "--since", since, "--now", Timestamp.text(now),
    ]
    let signIn =
      bench.mode == "graph"
      ? [
        "--page-size", "\(FaultFixture.pageSize)", "--client-id", settings.clientID, "--graph-url",
        bench.server.graphURL,
        "--authority",
        bench.server.authorityURL,
      ] : ["--username", settings.username, "--reporting-url", bench.server.reportingURL]
    var environment = [
      "MESSAGE_TRACE_CLIENT_SECRET": settings.clientSecret, "MESSAGE_TRACE_PASSWORD": settings.password,
    ]
    if let shim { environment.merge(shim.environment(folder: folder.path)) { $1 } }
    var launch = TestProgram([TestProgram.product("message-trace")] + common + signIn + extra, environment: environment)
    launch.errors = .path(side("errors"))
    return launch
  }

  /// One pass; the exit status.
  func collect(_ shim: Shim? = nil, now: Instant = FaultFixture.now) -> Int32 {
    (try? launch(shim, now: now).run()) ?? -1
  }

  /// The output on stderr since the last call.
  func errors() -> String {
    defer { try? side.remove("errors") }
    return (try? side.text("errors")) ?? ""
  }

  func bytes() -> [UInt8] { (try? folder.bytes("out.ndjson")) ?? [] }

  /// Against the truth; a last line without its end counts as invalid.
  func verdict() -> DeliveryOracle.Verdict { Self.judge(bytes(), bench.truth) }

  static func judge(_ bytes: [UInt8], _ truth: DeliveryOracle) -> DeliveryOracle.Verdict {
    var verdict = truth.judge(bytes)
    if let last = bytes.last, last != 0x0A { verdict.invalid += 1 }
    return verdict
  }
}
