// Hours, days, and times that lie far from all other.

internal import IntakeCore
import Testing

@testable import Report

@Suite struct TimelineTests {
  private func timeline(_ instants: [String]) throws -> Timeline.Drawing {
    var timeline = Timeline()
    for instant in instants { timeline.add(try #require(Timestamp.parse(instant)), .delivered) }
    return timeline.drawing()
  }

  @Test("up to 14 days every hour has its column, empty ones too")
  func hours() throws {
    let drawing = try timeline(["2026-03-01T00:30:00Z", "2026-03-01T00:59:59Z", "2026-03-01T05:00:00Z"])
    #expect(drawing.step == .seconds(3_600) && drawing.columns.map(\.total) == [2, 0, 0, 0, 0, 1])
    #expect(try timeline(["2026-03-01T00:00:00Z", "2026-03-14T23:00:00Z"]).columns.count == 336)
  }

  @Test("beyond that every day has one")
  func days() throws {
    let drawing = try timeline(["2026-03-01T00:00:00Z", "2026-03-15T00:00:00Z"])
    #expect(drawing.step == .seconds(86_400) && drawing.columns.count == 15)
    #expect(drawing.columns.first?.total == 1 && drawing.columns.last?.total == 1)
  }

  @Test("one wrong clock does not stretch the picture over centuries, and is reported")
  func outliers() throws {
    let usual = (0..<1_000).map { "2026-03-0\($0 % 9 + 1)T0\($0 % 10):00:00Z" }
    let drawing = try timeline(usual + ["0001-01-01T00:00:00Z", "9999-12-31T23:59:59Z"])
    #expect(drawing.columns.count < 336 && drawing.leftOut >= 2 && drawing.leftOut < 120)
    #expect(drawing.columns.reduce(0) { $0 + $1.total } + drawing.leftOut == 1_002)
  }

  @Test("any instants whatever give at most 400 columns and lose no event")
  func anything() {
    var timeline = Timeline()
    var ticks: UInt64 = 1
    for _ in 0..<50_000 {
      ticks = ticks &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      timeline.add(Instant(ticks: Int64(bitPattern: ticks)), .failed)
    }
    timeline.add(Instant(ticks: Int64.min), .failed)
    timeline.add(Instant(ticks: Int64.max), .failed)
    let drawing = timeline.drawing()
    #expect(drawing.columns.count <= 401)
    #expect(drawing.columns.reduce(0) { $0 + $1.total } + drawing.leftOut == 50_002)
  }

  @Test("no mail, no columns")
  func nothing() { #expect(Timeline().drawing().columns.isEmpty) }
}
