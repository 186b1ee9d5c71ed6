// `message-trace collect` as a user runs it, from a simulated tenant into the real rsyslogd.

internal import Glibc
internal import IntakeCore
internal import IntakeTesting
internal import Simulator
internal import Testing

@testable import Sinks

@Suite(
  "collect into rsyslogd", .serialized,
  .enabled(if: RealReceiver.isWanted(.rsyslogd), "rsyslogd or openssl is not installed"))
struct CollectToSyslogTests {
  private let now = Instant(seconds: 1_790_000_000)

  private func server() throws -> SimulatorServer {
    let window = Window(start: now - .seconds(4 * 3_600), end: now - .seconds(600))
    let tenant = SimulatedTenant(seed: 5, messages: 100, window: window, knobs: .calm)
    let now = now
    var settings = SimulatorSettings(tenant: tenant, time: TimeSource(now: { now }))
    settings.quota = .off
    return try SimulatorServer.start(settings)
  }

  private func collect(_ server: SimulatorServer, _ sinks: [String], _ folder: ScratchFolder) throws -> Int32 {
    let settings = server.settings
    var program = TestProgram(
      [
        TestProgram.product("message-trace"), "collect", "--mode", "graph", "--tenant", settings.tenant.name,
        "--client-id", settings.clientID, "--graph-url", server.graphURL, "--authority", server.authorityURL,
        "--state", folder("state"), "--since", "5h", "--now", Timestamp.text(now),
      ] + sinks.flatMap { ["--sink", $0] },
      environment: ["MESSAGE_TRACE_CLIENT_SECRET": settings.clientSecret])
    program.errors = .path(try folder.write("", to: "collect.log"))
    return try program.run()
  }

  @Test(
    "every row once, whole, and a second pass adds nothing",
    arguments: ["udp", "tcp", "tls"] + (Imrelp.isWanted ? ["relp"] : []))
  func collected(scheme: String) async throws {
    let folder = try ScratchFolder()
    let server = try server()
    defer { server.stop() }
    if scheme == "tls" { _ = try Certificates.usual(folder) }
    let relp = { Imrelp.configuration(folder, $0, text: "%structured-data% %msg%") }
    let receiver = try RealReceiver(
      in: folder, secure: scheme == "tls", whole: true, configuration: scheme == "relp" ? relp : nil)
    try await receiver.start()
    let options = ["udp": "?rate=0", "tcp": "?facility=local3", "tls": "?ca=\(folder("ca.pem"))"][scheme] ?? ""
    let sink = "\(scheme)://localhost:\(receiver.port)\(options)"
    for _ in 0..<2 {
      let status = try collect(server, [sink], folder)
      let errors = try folder.text("collect.log")
      #expect(status == 0, "\(errors)")
    }
    let verdict = try await received(by: receiver, DeliveryOracle(server.settings.tenant, at: now))
    #expect(verdict.isPerfect && verdict.events >= 100, "\(verdict)")
  }

  @Test("a receiver that is down ends the pass with 75; once it is up the next pass brings everything, beside a file")
  func down() async throws {
    let folder = try ScratchFolder()
    let server = try server()
    defer { server.stop() }
    let receiver = try RealReceiver(in: folder, whole: true)
    let sinks = ["udp://127.0.0.1:\(receiver.port)?rate=0", "file:\(folder("file"))"]
    #expect(try collect(server, sinks, folder) == 75)
    #expect(try folder.text("collect.log").contains("sink.udp.refused"))
    let truth = DeliveryOracle(server.settings.tenant, at: now)
    #expect(truth.judge(try folder.bytes("file")).isPerfect)
    try await receiver.start()
    #expect(try collect(server, sinks, folder) == 0)
    #expect(try await received(by: receiver, truth).isPerfect)
    #expect(truth.judge(try folder.bytes("file")).isPerfect)
  }

  /// Stops the receiver once it has everything.
  private func received(by receiver: RealReceiver, _ truth: DeliveryOracle) async throws -> DeliveryOracle.Verdict {
    try await receiver.waitForLines(truth.required.count)
    receiver.stop()
    return truth.judge(try receiver.lines().flatMap { line in Array(line.drop { $0 != 0x7B }) + [0x0A] })
  }
}
