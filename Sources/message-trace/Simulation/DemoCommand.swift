// `demo`: collects from the simulator in both modes with one state, without configuration.

internal import Configuration
internal import Glibc
internal import IntakeCore
internal import Simulator
internal import Synchronization
internal import Trigger

struct DemoCommand: RunnableCommand {
  static let descriptor = Command(
    name: "demo",
    summary: "simulate and collect in both modes: nothing to configure",
    usage: "demo [OPTION]...",
    details: """
      Starts the simulator, collects a small tenant through the legacy service, switches to graph with the same state,
      and shows that no event is lost or repeated. Events go to stdout, the commentary to stderr.
      """,
    examples: ["message-trace demo", "message-trace demo --messages 2000 > events.ndjson"],
    settings: [.logLevel, .logFormat],
    options: [.messages, .seed],
    implementation: Self.self)

  let context: CommandContext

  func run() async throws(Failure) -> ExitCode {
    let messages = try context.number(.messages, default: 12, 1...1_000_000)
    let seed = try context.number(.seed, default: 1, 0...Int.max)
    // The last pass runs at the current time, so no event lies in the future.
    let start = TimeSource.system.now() - .seconds(86 * 60)
    let clock = DemoClock(start)
    let tenant = SimulatedTenant(
      seed: UInt64(seed), messages: messages,
      window: Window(start: start - .seconds(3 * 3_600), end: start + .seconds(3_600)))
    let settings = SimulatorSettings(tenant: tenant, time: clock.source)
    let server = try SimulatorServer.start(settings)
    defer { server.stop() }
    let folder = try Self.makeFolder()
    defer { DirectoryTree.remove(folder) }
    let passes = DemoPasses(server: server, settings: settings, folder: folder, clock: clock, context: context)
    return try await StopSignals.guarding { () async throws(Failure) -> ExitCode in try await passes.run() }.get()
  }

  private static func makeFolder() throws(Failure) -> String {
    var path = Array("\(ProcessDefaults.environment["TMPDIR"] ?? "/tmp")/message-trace-demo-XXXXXX".utf8CString)
    guard unsafe mkdtemp(&path) != nil else {
      throw Failure(
        "demo.folder", exit: .cannotCreate, "Creating a directory for the demo: \(FileBytes.describe(errno)).")
    }
    return String(decoding: path.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }
}

/// The clock of the demo, advanced by hand.
private final class DemoClock: Sendable {
  private let current: Mutex<Instant>
  init(_ start: Instant) { current = Mutex(start) }
  func advance(by duration: Duration) { current.withLock { $0 = $0 + duration } }
  var source: TimeSource { TimeSource(now: { self.current.withLock { $0 } }) }
}

/// The three passes of the demo.
private struct DemoPasses: Sendable {
  let server: SimulatorServer
  let settings: SimulatorSettings
  let folder: String
  let clock: DemoClock
  let context: CommandContext

  func run() async throws(Failure) -> ExitCode {
    say("A generated tenant with \(settings.tenant.messages) messages, served on \(server.graphURL).")
    try await pass(.reporting, "86 minutes ago, through the legacy Reporting Web Service")
    clock.advance(by: .seconds(70 * 60))
    try await pass(.graph, "16 minutes ago, through Microsoft Graph with the same state")
    clock.advance(by: .seconds(16 * 60))
    try await pass(.reporting, "Now, through the legacy service again")
    say("Each message, recipient and status was emitted once; check your own files with `message-trace verify`.")
    return .done
  }

  private func pass(_ mode: Mode, _ title: String) async throws(Failure) {
    let configuration = try TenantSettings(layer(mode), environment: environment)
    let log = Log(level: .warning)
    let assembly = Assembly(configuration, time: clock.source, log: log)
    var pipeline = try assembly.pipeline()
    let outcome = await TenantPass(configuration, time: clock.source, log: log).run(&pipeline)
    await pipeline.shutDown()
    if let failure = outcome.failure { throw failure }
    let tally = outcome.tally
    say(
      "\(title): \(tally.rows) rows read, \(tally.emitted) events written, \(tally.duplicates) skipped as duplicates.")
  }

  private func layer(_ mode: Mode) -> SettingLayer {
    var layer = SettingLayer()
    layer[.mode] = [mode.rawValue]
    layer[.tenant] = [settings.tenant.name]
    layer[.localDomains] = [settings.tenant.mailDomain]
    layer[.graphURL] = [server.graphURL]
    layer[.reportingURL] = [server.reportingURL]
    layer[.authority] = [server.authorityURL]
    if mode == .graph { layer[.clientID] = [settings.clientID] } else { layer[.username] = [settings.username] }
    layer[.clientSecretFile] = ["env:SECRET"]
    layer[.passwordFile] = ["env:PASSWORD"]
    layer[.state] = ["\(folder)/state"]
    layer[.revisit] = ["15m", "1h"]
    return layer
  }

  private var environment: [String: String] {
    ["SECRET": settings.clientSecret, "PASSWORD": settings.password]
  }

  private func say(_ line: String) { context.terminal.say(line) }
}
