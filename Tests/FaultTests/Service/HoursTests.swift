// Thirty simulated hours: rows up to twenty hours late, statuses that change again and again, clocks that jump.

internal import Configuration
internal import IntakeCore
internal import IntakeTesting
internal import Simulator
internal import Synchronization
import Testing
internal import Trigger

@testable internal import message_trace

@Suite(.ownThreads) struct HoursTests {
  static let start = Instant(seconds: 1_790_000_000)
  static let step = Duration.seconds(900)
  static let steps = 30 * 4 + 1

  private static func tenant() -> SimulatedTenant {
    let knobs = TenantKnobs(
      lateShare: 0.4, maximumDelay: .seconds(20 * 3_600), usualDelay: .seconds(120), statusChangeShare: 0.6,
      multiRecipientShare: 0.2)
    return SimulatedTenant(
      seed: 77, messages: 150, window: Window(start: start - .seconds(1_800), end: start + .seconds(5 * 3_600)),
      knobs: knobs)
  }

  private static func server(_ clock: ManualClock, faults: FaultPlan = .none) throws -> SimulatorServer {
    var settings = SimulatorSettings(tenant: tenant(), time: clock.source)
    settings.quota = .off
    settings.reportingPageSize = 40
    settings.faults = faults
    return try SimulatorServer.start(settings)
  }

  @Test(
    "every row and status that could be seen at a scheduled read comes out exactly once",
    arguments: ["graph", "reporting", "switch of mode"])
  func hours(_ mode: String) async throws {
    let clock = ManualClock(Self.start)
    let server = try Self.server(clock)
    defer { server.stop() }
    let world = try InProcessCollector(time: clock.source)
    let oracle = TenantIdentities(server.settings.tenant)
    let expected = Mutex<Set<String>>([])
    for index in 0..<Self.steps {
      clock.move(to: Self.start + Self.step * index)
      let now = mode == "switch of mode" ? (index < Self.steps / 6 ? "reporting" : "graph") : mode
      let hear: @Sendable (Window) -> Void = { [oracle] window in
        let seen = oracle.visible(in: window, at: clock.now)
        expected.withLock { $0.formUnion(seen) }
      }
      let report = try await world.pass(server, mode: now, asked: hear)
      #expect(report.interruption == nil && report.sinkFailures.isEmpty && report.gaps.isEmpty)
    }
    let verdict = try judge(world, server, at: clock.now, expected.withLock { $0 })
    var figure = Figure()
    figure.add(verdict)
    FaultTable.record("30 simulated hours, late rows, changing statuses: \(mode)", figure)
    #expect(verdict.isPerfect, "\(verdict)")
    #expect(expected.withLock { $0.count } > server.settings.tenant.rowCount * 5 / 4)
  }

  /// Lost: what is expected and not there, beside what could be seen at the end.
  private func judge(
    _ world: InProcessCollector, _ server: SimulatorServer, at end: Instant, _ expected: Set<String>
  ) throws -> DeliveryOracle.Verdict {
    let bytes = try world.bytes()
    var verdict = FaultWorld.judge(bytes, DeliveryOracle(server.settings.tenant, at: end))
    verdict.lost += expected.subtracting(TenantIdentities.ids(bytes)).count
    return verdict
  }

  /// How far the program's clock is off, by step.
  struct Clock: Sendable, CustomTestStringConvertible {
    var name: String
    var mode = "graph"
    var faults = FaultPlan.none
    var error: @Sendable (Int) -> Duration = { _ in .zero }
    var testDescription: String { name }
  }

  static let hour = Duration.seconds(3_600)
  static let clocks: [Clock] = [
    Clock(name: "an hour ahead for two hours", error: { (9..<17).contains($0) ? hour : .zero }),
    Clock(name: "an hour ahead at first", error: { (0..<5).contains($0) ? hour : .zero }),
    Clock(name: "20 hours ahead at first", error: { (0..<5).contains($0) ? hour * 20 : .zero }),
    Clock(name: "three days ahead at first", error: { (0..<5).contains($0) ? hour * 72 : .zero }),
    Clock(name: "an hour behind for two hours", error: { (9..<17).contains($0) ? .zero - hour : .zero }),
    Clock(
      name: "a year behind for an hour", mode: "reporting",
      error: { (9..<13).contains($0) ? .zero - hour * 8_760 : .zero }),
    Clock(name: "a year ahead for half an hour", error: { (9..<11).contains($0) ? hour * 8_760 : .zero }),
    Clock(name: "no Date header", faults: FaultPlan([FaultRule(.noDate)])),
    Clock(
      name: "three days ahead for an hour, no Date header", faults: FaultPlan([FaultRule(.noDate)]),
      error: { (9..<13).contains($0) ? hour * 72 : .zero }),
    Clock(name: "three days behind for an hour", error: { (9..<13).contains($0) ? .zero - hour * 72 : .zero }),
    Clock(name: "Date header in the year 9998", faults: FaultPlan([FaultRule(.dateSkew(hour * 69_800_000))])),
    Clock(
      name: "Date header a year behind for two hours",
      faults: FaultPlan([FaultRule(.dateSkew(.zero - hour * 8_760), on: "", .requests(20...40))])),
  ]

  @Test("clocks that jump lose nothing, double nothing and lead no cursor past the service's time", arguments: clocks)
  func jumps(_ wrong: Clock) async throws {
    let clock = ManualClock(Self.start)
    let server = try Self.server(clock, faults: wrong.faults)
    defer { server.stop() }
    let error = Mutex(Duration.zero)
    let own = TimeSource(
      now: { clock.now + error.withLock { $0 } },
      sleep: { duration async throws(CancellationError) in clock.advance(by: duration) })
    let world = try InProcessCollector(time: own)
    var before: [String: Instant] = [:]
    // Five hours more: by then the last revisit has come round, whatever the jumps did to its rhythm.
    for index in stride(from: 0, to: Self.steps + 20, by: FaultTable.isLong ? 1 : 2) {
      clock.move(to: max(clock.now, Self.start + Self.step * index))
      error.withLock { $0 = wrong.error(index) }
      _ = try await world.pass(server, mode: wrong.mode)
      let cursors = world.checkpoint?.cursors ?? [:]
      for (name, cursor) in cursors {
        #expect(cursor <= clock.now, "step \(index): \(name) is ahead of the service")
        #expect(cursor >= before[name] ?? cursor, "step \(index): \(name) moved back")
        guard name != "live" else { continue }
        let age = Defaults.revisits.first { Schedule.cursorName(revisit: $0) == name } ?? .zero
        let first = Self.start + wrong.error(0) - Defaults.since
        #expect(cursor <= max(clock.now - age, first), "step \(index): \(name) is ahead of its age")
      }
      before = cursors
    }
    let verdict = try judge(world, server, at: clock.now, [])
    var figure = Figure()
    figure.add(verdict)
    FaultTable.record("clock: \(wrong.name)", figure)
    #expect(verdict.isPerfect, "\(verdict)")
  }

  @Test("a clock a year ahead after an outage of two days leaves what was not read to be read")
  func aheadAfterOutage() async throws {
    let clock = ManualClock(Self.start)
    let server = try Self.server(clock)
    defer { server.stop() }
    let error = Mutex(Duration.zero)
    let own = TimeSource(now: { clock.now + error.withLock { $0 } }, sleep: clock.source.sleep)
    let world = try InProcessCollector(time: own)
    _ = try await world.pass(server, mode: "graph")
    let before = world.checkpoint?.cursors
    clock.move(to: Self.start + Self.hour * 48)
    error.withLock { $0 = Self.hour * 8_760 }
    _ = try await world.pass(server, mode: "graph")
    #expect(world.checkpoint?.cursors == before)
    error.withLock { $0 = .zero }
    _ = try await world.pass(server, mode: "graph")
    let verdict = try judge(world, server, at: clock.now, [])
    var figure = Figure()
    figure.add(verdict)
    FaultTable.record("clock: a year ahead after an outage", figure)
    #expect(verdict.isPerfect, "\(verdict)")
  }

  @Test(
    "an outage longer than the service keeps its rows is reported as a gap with its exact span, and collecting continues"
  )
  func gap() async throws {
    let clock = ManualClock(Self.start)
    let server = try Self.server(clock)
    defer { server.stop() }
    let world = try InProcessCollector(time: clock.source)
    _ = try await world.pass(server, mode: "reporting")
    let before = try #require(world.checkpoint?.cursors["live"])
    clock.move(to: Self.start + .seconds(31 * 86_400))
    let report = try await world.pass(server, mode: "reporting")
    let live = try #require(report.gaps.first { $0.cursor == "live" })
    #expect(live.window.start == before)
    #expect(live.window.end == Self.start + .seconds(86_400) + Schedule.retentionMargin)
    #expect(report.interruption == nil)
    #expect(world.checkpoint?.cursors["live"].map { $0 > Self.start + .seconds(30 * 86_400) } == true)
  }
}
