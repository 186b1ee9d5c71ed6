// A service that breaks off, forgets its links, shows rows while they are being paged, or crowds one message.

internal import Configuration
internal import IntakeCore
internal import IntakeTesting
internal import Simulator
import Testing
internal import Trigger

@testable internal import message_trace

@Suite(.ownThreads) struct ServiceFaultTests {
  struct Case: Sendable, CustomTestStringConvertible {
    var name: String
    var fault: Fault
    var when: FaultRule.When
    /// The pass that meets it reads everything all the same.
    var survives: Bool
    /// Services that can show it.
    var modes = ["graph", "reporting"]
    var testDescription: String { name }
  }

  static let cases: [Case] =
    [500, 503, 404, 410, 400, 403].map {
      Case(name: "page 3 answers \($0) for ever", fault: .status($0), when: .requests(3...100_000), survives: false)
    }
    + [400, 404, 410].flatMap { status in
      [
        Case(
          name: "a next link answers \(status) once", fault: .expiredLink(status), when: .requests(2...2),
          survives: true, modes: ["graph"]),
        Case(
          name: "every next link answers \(status)", fault: .expiredLink(status), when: .always, survives: true,
          modes: ["graph"]),
      ]
    } + [
      Case(name: "full pages without a next link", fault: .noLink, when: .always, survives: true, modes: ["graph"]),
      Case(name: "empty pages with a next link", fault: .emptyPage, when: .every(2), survives: true),
      Case(name: "rows that come twice over a page's edge", fault: .duplicateRow, when: .always, survives: true),
      Case(
        name: "a next link that leads to itself", fault: .repeatedLink, when: .requests(2...100_000), survives: false),
      Case(name: "a body cut short", fault: .truncated, when: .requests(2...3), survives: true),
      Case(name: "a reset in the body", fault: .reset, when: .requests(2...3), survives: true),
      Case(name: "a page of HTML", fault: .html, when: .requests(3...100_000), survives: false),
      Case(
        name: "a foreign next link", fault: .foreignLink("http://evil.test"), when: .requests(2...100), survives: false),
      Case(name: "a broken gzip body", fault: .brokenGzip, when: .requests(2...3), survives: true),
      Case(name: "503 three times", fault: .status(503), when: .requests(2...4), survives: true),
    ]

  @Test("whatever breaks a window leaves it open, and the next pass reads all of it", arguments: cases)
  func broken(_ fate: Case) async throws {
    for mode in fate.modes {
      let path = mode == "graph" ? "/v1.0/admin" : "/ecp/reportingwebservice"
      let ill = try FaultFixture(
        mode: mode, pages: 4, faults: FaultPlan([FaultRule(fate.fault, on: path, fate.when)]))
      defer { ill.stop() }
      let well = try FaultFixture(mode: mode, pages: 4)
      defer { well.stop() }
      var world = try InProcessCollector(time: ManualClock(FaultFixture.now).source)
      world.extra = ["MESSAGE_TRACE_SINCE": "5h"]
      let report = try await world.pass(ill.server, mode: mode)
      let first = FaultWorld.judge(try world.bytes(), ill.truth)
      #expect(first.doubled + first.invalid + first.unknown == 0, "\(first)")
      if report.interruption == nil {
        #expect(first.isPerfect && fate.survives, "\(mode): \(first)")
      } else {
        #expect(!fate.survives, "\(mode): \(String(describing: report.interruption))")
        let first = FaultFixture.now - .seconds(5 * 3_600)
        #expect(world.checkpoint?.cursors["live"] == first, "\(mode): the window was closed")
      }
      let second = try await world.pass(well.server, mode: mode)
      let verdict = FaultWorld.judge(try world.bytes(), well.truth)
      #expect(second.failure == nil && verdict.isPerfect, "\(mode): \(verdict)")
      var figure = Figure()
      figure.add(verdict, exit: report.interruption?.exit.rawValue ?? 0)
      FaultTable.record("\(mode): \(fate.name)", figure)
    }
  }

  @Test("a row that claims another century comes out once, however often the state is opened")
  func farRow() async throws {
    let body = #"""
      {"value":[{"id":"eaaafa9a-788c-47f0-357c-08de5bf702e0","recipientAddress":"a@b.example","status":"failed",
      "receivedDateTime":"0001-01-01T00:00:00Z"}]}
      """#
    let fault = FaultRule(.answer(200, type: "application/json", body: body), on: "/v1.0/admin")
    let fixture = try FaultFixture(faults: FaultPlan([fault]))
    defer { fixture.stop() }
    let clock = ManualClock(FaultFixture.now)
    let world = try InProcessCollector(time: clock.source)
    for _ in 0..<5 {
      #expect(try await world.pass(fixture.server, mode: "graph").failure == nil)
      clock.advance(by: .seconds(1_200))
    }
    let ids = TenantIdentities.ids(try world.bytes())
    #expect(ids.count == 1)
    var figure = Figure()
    figure.cases = 1
    figure.doubled = ids.count - Set(ids).count
    FaultTable.record("graph: a row of the year 1, opened five times", figure)
  }

  @Test("five hundred recipients of one message are five hundred events", arguments: ["graph", "reporting"])
  func crowd(_ mode: String) async throws {
    var knobs = TenantKnobs.calm
    knobs.crowdEvery = 3
    let window = Window(start: FaultFixture.now - .seconds(7_200), end: FaultFixture.now - .seconds(3_600))
    try await whole(SimulatedTenant(seed: 3, messages: 6, window: window, knobs: knobs), mode, "500 recipients, one id")
  }

  @Test("rows of one and the same instant come out once each over all pages", arguments: ["graph", "reporting"])
  func sameInstant(_ mode: String) async throws {
    let at = FaultFixture.now - .seconds(3_600)
    let tenant = SimulatedTenant(
      seed: 4, messages: FaultTable.isLong ? 5_000 : 600, window: Window(start: at, end: at), knobs: .calm)
    try await whole(tenant, mode, "all rows at one instant")
  }

  private func whole(_ tenant: SimulatedTenant, _ mode: String, _ name: String) async throws {
    var settings = SimulatorSettings(tenant: tenant, time: TimeSource(now: { FaultFixture.now }))
    settings.quota = .off
    settings.reportingPageSize = 40
    let server = try SimulatorServer.start(settings)
    defer { server.stop() }
    let world = try InProcessCollector(time: ManualClock(FaultFixture.now).source)
    let report = try await world.pass(server, mode: mode)
    #expect(report.interruption == nil && report.tally.rows >= tenant.rowCount)
    var figure = Figure()
    figure.add(FaultWorld.judge(try world.bytes(), DeliveryOracle(tenant, at: FaultFixture.now)))
    FaultTable.record("\(mode): \(name)", figure)
    #expect(figure.isPerfect, "\(figure)")
  }

  @Test(
    "rows that appear and statuses that change between two pages are found by a later read",
    arguments: ["graph", "reporting"])
  func moving(_ mode: String) async throws {
    let start = FaultFixture.now
    let knobs = TenantKnobs(lateShare: 0.5, maximumDelay: .seconds(7_200), statusChangeShare: 0.5)
    let tenant = SimulatedTenant(
      seed: 6, messages: 300, window: Window(start: start - .seconds(3_600), end: start), knobs: knobs)
    let clock = ManualClock(start)
    // Every look at the clock takes half a minute: many a row appears between two pages.
    let passing = TimeSource(
      now: {
        clock.advance(by: .seconds(30))
        return clock.now
      }, sleep: clock.source.sleep)
    var settings = SimulatorSettings(tenant: tenant, time: passing)
    settings.quota = .off
    settings.reportingPageSize = 40
    let server = try SimulatorServer.start(settings)
    defer { server.stop() }
    let world = try InProcessCollector(time: clock.source)
    while clock.now < start + .seconds(26 * 3_600) {
      let report = try await world.pass(server, mode: mode)
      #expect(report.interruption == nil)
      clock.advance(by: .seconds(1_200))
    }
    var figure = Figure()
    figure.add(FaultWorld.judge(try world.bytes(), DeliveryOracle(tenant, at: clock.now)))
    FaultTable.record("\(mode): rows and statuses that move while being paged", figure)
    #expect(figure.isPerfect, "\(figure)")
  }
}
