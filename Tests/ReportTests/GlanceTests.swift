// The first screen of a report: the last day against others, spikes, outside senders and recipients, the tenant's name.

internal import IntakeCore
internal import IntakeTesting
import Testing

@testable import Report

@Suite struct GlanceTests {
  private static let made = Instant(seconds: 1_772_712_000)  // 2026-03-05T12:00:00Z

  /// A timeline with so much mail in each hour before `made`, the newest hour first.
  private func timeline(_ counts: [(delivered: Int, failed: Int)]) -> Timeline {
    var timeline = Timeline()
    for (hoursAgo, count) in counts.enumerated() {
      let instant = Self.made - .seconds(hoursAgo * 3_600 + 1)
      for _ in 0..<count.delivered { timeline.add(instant, .delivered) }
      for _ in 0..<count.failed { timeline.add(instant, .failed) }
    }
    return timeline
  }

  @Test("the last 24 hours stand beside the 24 before them and those of a week ago")
  func days() {
    var hours = [(delivered: Int, failed: Int)](repeating: (10, 1), count: 8 * 24)
    for hour in 0..<24 { hours[hour] = (20, 0) }
    for hour in (7 * 24)..<(8 * 24) { hours[hour] = (5, 2) }
    let comparison = Comparison(timeline(hours), made: Self.made)
    #expect(comparison.end == Self.made)
    #expect(comparison.rows[0] == .init(name: "mail", last: 480, before: 264, weekBefore: 168))
    #expect(comparison.rows[1] == .init(name: "failed", last: 0, before: 24, weekBefore: 48))
  }

  @Test("days that the files do not reach are not zero but missing, and mail of the future is not the newest")
  func short() {
    var some = timeline([(delivered: Int, failed: Int)](repeating: (3, 0), count: 30))
    some.add(Self.made + .seconds(86_400), .delivered)
    let rows = Comparison(some, made: Self.made).rows
    #expect(rows[0] == .init(name: "mail", last: 72, before: nil, weekBefore: nil))
    #expect(Comparison(Timeline(), made: Self.made).rows.isEmpty)
    #expect(Comparison(Timeline(), made: Self.made).spikes(most: 5).isEmpty)
  }

  @Test("a spike is far above the same hour of other days; a daily peak is none")
  func spikes() {
    let hours = (0..<(7 * 24)).map { hour -> (delivered: Int, failed: Int) in
      let isNoon = hour % 24 == 3
      return (isNoon ? 400 : 10, hour == 30 ? 90 : 1)
    }
    let spikes = Comparison(timeline(hours), made: Self.made).spikes(most: 5)
    let start = Self.made - .seconds(31 * 3_600)
    #expect(
      spikes == [
        .init(start: start, name: "undelivered", count: 90, usual: 1),
        .init(start: start, name: "mail", count: 100, usual: 11),
      ])
  }

  private static func event(_ pairs: [(String, String)]) -> String {
    JSONValue.object(pairs.map { JSONValue.Member($0.0, .string($0.1)) }).text
  }

  @Test("own addresses are not among the senders and recipients whose mail failed")
  func outside() throws {
    func mail(_ direction: String, _ from: String, _ to: String) -> String {
      Self.event([
        ("@timestamp", "2026-03-05T10:00:00Z"), ("event.action", "quarantined"), ("email.direction", direction),
        ("email.from.address", from), ("email.to.address", to), ("organization.name", "contoso.onmicrosoft.com"),
      ])
    }
    var figures = Figures(newestFailures: 1)
    for line in [
      mail("inbound", "evil@x.example", "amy@contoso.com"), mail("outbound", "amy@contoso.com", "bob@y.example"),
      mail("internal", "amy@contoso.com", "ann@contoso.com"),
    ] {
      let bytes = Array(line.utf8)
      unsafe figures.take(bytes.span.bytes, isWhole: true)
    }
    #expect(figures.failedSenders.top(9).map(\.text) == ["evil@x.example"])
    #expect(figures.failedRecipients.top(9).map(\.text) == ["bob@y.example"])
    let page = try ReportTests.page([mail("inbound", "evil@x.example", "amy@contoso.com")], title: nil)
    #expect(page.contains("<title>Mail of contoso.onmicrosoft.com</title>"))
  }

  @Test("mail from before the first pass is not late: it was read when the collector began to look")
  func firstPass() {
    var figures = Figures(newestFailures: 1)
    func add(_ received: Instant, read: Instant) {
      let line = Self.event([
        ("@timestamp", Timestamp.text(received)), ("event.created", Timestamp.text(read)),
        ("event.action", "delivered"),
      ])
      let bytes = Array(line.utf8)
      unsafe figures.take(bytes.span.bytes, isWhole: true)
    }
    for hours in 1...24 { add(Self.made - .seconds(hours * 3_600), read: Self.made + .seconds(hours)) }
    #expect(figures.lateness.total == 0 && figures.beforeFirstPass == 24)
    add(Self.made + .seconds(60), read: Self.made + .seconds(200))
    add(Self.made + .seconds(60), read: Self.made + .seconds(2_000))
    #expect(figures.lateness.total == 2 && figures.lateness.counts[0] == 1)
  }
}
