// Page walks over both services, compared with the truth.

import IntakeCore
import IntakeTesting
import Testing

@testable import Simulator

@Suite("Page walks")
struct WalkTests {
  private static func expected(_ bench: SimulatorFixture) -> Set<TrueRow> {
    Set(bench.server.truth(at: bench.clock.now).map(\.folded))
  }

  @Test("a walk over Graph's pages finds every row of the truth once", arguments: [1, 7, 100, 5_000])
  func graphWalk(top: Int) throws {
    let bench = try SimulatorFixture(messages: 150)
    defer { bench.stop() }
    let pages = try bench.walkGraph("\(SimulatorFixture.graphList)\(SimulatorFixture.graphWindow)&$top=\(top)")
    let rows = pages.joined().map(TrueRow.init(graph:))
    #expect(rows.count == bench.server.settings.tenant.rowCount)
    #expect(Set(rows) == Self.expected(bench))
    #expect(pages.dropLast().allSatisfy { $0.count == top })
  }

  @Test(
    "a walk over the Reporting Web Service's pages finds every row of the truth once", arguments: ["&$format=json", ""])
  func reportingWalk(format: String) throws {
    let bench = try SimulatorFixture(messages: 900) { $0.reportingPageSize = 200 }
    defer { bench.stop() }
    let pages = try bench.walkReporting(SimulatorFixture.reportingWindow + format, [SimulatorFixture.json])
    let rows = pages.joined().map(TrueRow.init(reporting:))
    #expect(rows.count == bench.server.settings.tenant.rowCount)
    #expect(Set(rows) == Self.expected(bench))
    #expect(pages.count == (rows.count + 199) / 200)
    let indexes = pages.joined().compactMap { $0["Index"]?.integer }
    #expect(indexes == Array(0..<Int64(rows.count)))
  }

  @Test("at any time both services show the same rows with the same status", arguments: [1_800, 7_200, 9_000, 20_000])
  func agreement(seconds: Int64) throws {
    let bench = try SimulatorFixture(
      knobs: TenantKnobs(lateShare: 0.3, statusChangeShare: 0.5), now: SimulatorFixture.day + .seconds(seconds))
    defer { bench.stop() }
    let graph = try bench.walkGraph("\(SimulatorFixture.graphList)\(SimulatorFixture.graphWindow)&$top=50").joined()
    let reporting = try bench.walkReporting(SimulatorFixture.reportingWindow, [SimulatorFixture.json]).joined()
    #expect(Set(graph.map(TrueRow.init(graph:))) == Self.expected(bench))
    #expect(Set(reporting.map(TrueRow.init(reporting:))) == Self.expected(bench))
    #expect(graph.count == reporting.count)
  }

  @Test("rows come newest first, and in ascending order where that is asked for")
  func order() throws {
    let bench = try SimulatorFixture()
    defer { bench.stop() }
    let times = { (rows: [JSONValue], name: String) in rows.compactMap { $0[name]?.string } }
    let graph = times(
      try bench.walkGraph("\(SimulatorFixture.graphList)\(SimulatorFixture.graphWindow)").flatMap(\.self),
      "receivedDateTime")
    #expect(graph == graph.sorted(by: >))
    let newest = times(
      try bench.walkReporting(SimulatorFixture.reportingWindow, [SimulatorFixture.json]).flatMap(\.self), "Received")
    #expect(newest == newest.sorted(by: >))
    let oldest = times(
      try bench.walkReporting(SimulatorFixture.reportingWindow + "&$orderby=Received%20asc", [SimulatorFixture.json])
        .flatMap(\.self),
      "Received")
    #expect(oldest == newest.reversed())
    #expect(!oldest.isEmpty)
  }

  @Test("mail of one instant is paged without loss")
  func oneInstant() throws {
    let window = Window(start: SimulatorFixture.day, end: SimulatorFixture.day)
    let bench = try SimulatorFixture(messages: 400, window: window) { $0.reportingPageSize = 30 }
    defer { bench.stop() }
    let graph = try bench.walkGraph("\(SimulatorFixture.graphList)\(SimulatorFixture.graphWindow)&$top=30").joined()
    let reporting = try bench.walkReporting(SimulatorFixture.reportingWindow, [SimulatorFixture.json]).joined()
    #expect(Set(graph.map(TrueRow.init(graph:))) == Self.expected(bench))
    #expect(Set(reporting.map(TrueRow.init(reporting:))) == Self.expected(bench))
    #expect(Set(graph.compactMap { $0["receivedDateTime"]?.string }).count == 1)
  }

  @Test("the core's envelope finds rows and next link in every JSON shape")
  func envelopes() throws {
    let bench = try SimulatorFixture { $0.reportingPageSize = 20 }
    defer { bench.stop() }
    let list = "\(SimulatorFixture.graphWindow)&$top=20"
    let answers: [(RawAnswer, Bool)] = [
      (bench.reporting(SimulatorFixture.reportingWindow + "&$format=json"), true),
      (bench.reporting(SimulatorFixture.reportingWindow, [SimulatorFixture.json]), true),
      (bench.reporting(SimulatorFixture.reportingWindow + "&$format=json&$top=20"), false),
      (try bench.graph(SimulatorFixture.graphList + list), true),
      (try bench.graph("/beta/admin/exchange/tracing/messageTraces" + list), true),
    ]
    for (answer, more) in answers {
      let envelope = try #require(try Envelope(answer.body))
      #expect(envelope.rows.count == 20)
      #expect((envelope.next != nil) == more)
      #expect(!envelope.hasError)
    }
  }

  @Test("a crowd of recipients shares trace id and received time")
  func crowd() throws {
    let bench = try SimulatorFixture(messages: 10, knobs: TenantKnobs(lateShare: 0, crowdEvery: 10, crowdSize: 500))
    defer { bench.stop() }
    let rows = try bench.walkGraph("\(SimulatorFixture.graphList)\(SimulatorFixture.graphWindow)&$top=100").flatMap(
      \.self)
    let crowd = Dictionary(grouping: rows) { $0["id"]?.string }.values.first { $0.count == 500 }
    #expect(Set(try #require(crowd).compactMap { $0["recipientAddress"]?.string?.lowercased() }).count == 500)
    #expect(Set(try #require(crowd).compactMap { $0["receivedDateTime"]?.string }).count == 1)
  }
}
