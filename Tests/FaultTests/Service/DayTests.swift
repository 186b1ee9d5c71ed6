// What a day of passes at one a minute costs in requests, counted where they arrive: an ordinary tenant and a busy one.

internal import Collector
internal import Configuration
internal import IntakeCore
internal import IntakeTesting
internal import Simulator
import Testing
internal import Trigger

@testable internal import message_trace

@Suite(.ownThreads) struct DayTests {
  static let start = Instant(seconds: 1_790_000_000)
  static let day = Duration.seconds(86_400)

  struct Tenant: Sendable, CustomTestStringConvertible {
    var name: String
    /// Messages in the day and in the one before it.
    var messages: Int
    /// Small, so that a busy tenant's pages are many and yet quickly made.
    var pageSize: Int
    /// How much of the day is played, at the least.
    var hours: Int
    /// The most requests that any 300 s may see.
    var most: Int
    /// Requests of the day, at least.
    var least: Int
    var testDescription: String { name }
  }

  static let tenants = [
    Tenant(
      name: "an ordinary tenant: no window fills a page", messages: 400, pageSize: 5_000, hours: 24, most: 20,
      least: 1_440),
    Tenant(
      name: "a busy tenant: a day of 200 pages, as of a million rows at 5,000", messages: 3_600, pageSize: 10,
      hours: FaultTable.isLong ? 24 : 6, most: 90,
      least: 1_000),
  ]

  @Test(
    "over a day of passes with default revisits the planned quota holds, and every row comes once", arguments: tenants)
  func day(_ tenant: Tenant) async throws {
    let clock = ManualClock(Self.start)
    let hours = Duration.seconds(tenant.hours * 3_600)
    let window = Window(start: Self.start - Self.day, end: Self.start + hours)
    let mail = SimulatedTenant(
      seed: 5, messages: tenant.messages * (24 + tenant.hours) / 24, window: window, knobs: .calm)
    let server = try SimulatorServer.start(SimulatorSettings(tenant: mail, time: clock.source))
    defer { server.stop() }
    let sink = try await Self.passes(server, clock, tenant, until: Self.start + hours)
    let traces = server.requests().filter { $0.path.hasPrefix("/v1.0/") }
    let busiest = Self.busiest(traces.map(\.time))
    if !FaultTable.form.isEmpty {
      print("figure: \(tenant.name): \(traces.count) requests in \(tenant.hours) hours, at most \(busiest) in 300 s")
    }
    #expect(traces.allSatisfy { $0.status == 200 })
    #expect(busiest <= tenant.most)
    #expect(traces.count >= tenant.least)
    #expect(Set(sink.lines).count == sink.lines.count)
    #expect(sink.lines.count >= mail.rowCount * 98 / 100)
  }

  private static func passes(
    _ server: SimulatorServer, _ clock: ManualClock, _ tenant: Tenant, until end: Instant
  ) async throws(Failure) -> MemorySink {
    let settings = server.settings
    let source = try GraphSource(
      root: server.graphURL,
      credential: .clientSecret(
        tenant: settings.tenant.name, clientID: settings.clientID, secret: Secret(settings.clientSecret),
        authority: server.authorityURL),
      pageSize: tenant.pageSize, time: clock.source, log: .silent)
    let sink = MemorySink()
    var pipeline = Pipeline(
      source: source, mapping: PlainMapping(), sinks: [sink], state: MemoryStore(), time: clock.source)
    try await pipeline.open()
    let pass = Pass(
      schedule: Schedule(
        every: Defaults.every, lag: Defaults.lag, revisits: Defaults.revisits, since: Defaults.since),
      time: clock.source, log: .silent)
    while clock.now < end {
      let begun = clock.now
      let report = await pass.run(&pipeline)
      if let failure = report.interruption { throw failure }
      clock.advance(by: max(.zero, begun + Defaults.every - clock.now))
    }
    return sink
  }

  /// The most of these ascending times that lie within any 300 s.
  private static func busiest(_ times: [Instant]) -> Int {
    var most = 0
    var first = 0
    for (index, time) in times.enumerated() {
      while time - times[first] >= .seconds(300) { first += 1 }
      most = max(most, index - first + 1)
    }
    return most
  }
}
