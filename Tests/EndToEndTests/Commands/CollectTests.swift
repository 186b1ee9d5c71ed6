// `collect` against the simulator: everything once, in both modes, with one identity for one message.

internal import Glibc
internal import IntakeCore
internal import IntakeTesting
internal import Simulator
import Testing

/// A simulator and the arguments to collect from it.
struct CollectFixture {
  let server: SimulatorServer
  let settings: SimulatorSettings
  let now: Instant

  init(messages: Int, knobs: TenantKnobs = .calm) throws {
    let now = TimeSource.system.now()
    self.now = now
    let window = Window(start: now - .seconds(5 * 3_600), end: now - .seconds(600))
    let tenant = SimulatedTenant(seed: 11, messages: messages, window: window, knobs: knobs)
    settings = SimulatorSettings(tenant: tenant, time: .system)
    server = try SimulatorServer.start(settings)
  }

  /// The same credentials for another server.
  init(_ other: CollectFixture, server: SimulatorServer) {
    settings = other.settings
    now = other.now
    self.server = server
  }

  var environment: [String: String] {
    ["MESSAGE_TRACE_CLIENT_SECRET": settings.clientSecret, "MESSAGE_TRACE_PASSWORD": settings.password]
  }

  func arguments(_ mode: String, state: String, sink: String = "stdout") -> [String] {
    let common = [
      "collect", "--mode", mode, "--state", state, "--sink", sink, "--tenant", settings.tenant.name,
    ]
    return mode == "graph"
      ? common + ["--client-id", settings.clientID, "--graph-url", server.graphURL, "--authority", server.authorityURL]
      : common + ["--username", settings.username, "--reporting-url", server.reportingURL]
  }
}

@Suite(.ownThreads) struct CollectTests {
  @Test("20,000 rows are emitted once, a second pass emits none, both modes give the same ids")
  func both() throws {
    let fixture = try CollectFixture(messages: 16_500)
    defer { fixture.server.stop() }
    #expect(fixture.settings.tenant.rowCount >= 20_000)
    var ids: [String: Set<String>] = [:]
    for mode in ["graph", "reporting"] {
      let folder = try ScratchFolder()
      let first = Program.run(fixture.arguments(mode, state: folder("state")), environment: fixture.environment)
      #expect(first.status == 0, "\(first.errors)")
      #expect(first.lines.count == fixture.settings.tenant.rowCount)
      ids[mode] = Set(first.ids)
      #expect(ids[mode]?.count == first.lines.count)
      let second = Program.run(fixture.arguments(mode, state: folder("state")), environment: fixture.environment)
      #expect(second.status == 0 && second.output.isEmpty && second.errors.isEmpty)
    }
    #expect(ids["graph"] == ids["reporting"])
    let truth = Set(
      fixture.settings.tenant.truth(at: fixture.now).map { row in
        let text = [fixture.settings.tenant.name, row.traceID, row.recipient].map { $0.lowercased() } + [row.status]
        return SHA256.digest(Array(text.joined(separator: "\n").utf8)).prefix(16).map { byte in
          (byte < 16 ? "0" : "") + String(byte, radix: 16)
        }.joined()
      })
    #expect(ids["graph"] == truth)
  }

  @Test("the mode can change with the same state and file, without a gap or a duplicate")
  func switching() throws {
    let fixture = try CollectFixture(messages: 500)
    defer { fixture.server.stop() }
    let folder = try ScratchFolder()
    let sink = "file:\(folder("events.ndjson"))"
    let early = ["--now", Timestamp.text(fixture.now - .seconds(2 * 3_600))]
    for (mode, extra) in [("reporting", early), ("graph", []), ("reporting", [])] {
      let outcome = Program.run(
        fixture.arguments(mode, state: folder("state"), sink: sink) + extra, environment: fixture.environment)
      #expect(outcome.status == 0, "\(outcome.errors)")
    }
    let verified = Program.run(["verify", folder("events.ndjson")])
    #expect(verified.status == 0, "\(String(decoding: verified.output, as: UTF8.self))")
    #expect(verified.lines.first == "lines               \(fixture.settings.tenant.rowCount)")
  }

  @Test("of two overlapping runs the second names the process that holds the state and exits with 75")
  func overlapping() throws {
    let fixture = try CollectFixture(messages: 10)
    defer { fixture.server.stop() }
    let folder = try ScratchFolder()
    let state = folder("state")
    #expect(Program.run(fixture.arguments("graph", state: state), environment: fixture.environment).status == 0)
    let lock = unsafe open("\(state)/lock", O_RDWR)
    #expect(lock >= 0 && flock(lock, LOCK_EX | LOCK_NB) == 0)
    let outcome = Program.run(fixture.arguments("graph", state: state), environment: fixture.environment)
    close(lock)
    #expect(outcome.status == 75 && outcome.output.isEmpty)
    #expect(outcome.errors.contains("state.locked"))
  }
}
