// Numbers, shares and times as a page spells them.

internal import IntakeCore
import Testing

@testable import Report

@Suite struct DisplayFormatTests {
  @Test("numbers are grouped", arguments: [(0, "0"), (999, "999"), (1_000, "1,000"), (-1_234_567, "-1,234,567")])
  func number(_ value: Int, _ text: String) { #expect(DisplayFormat.number(value) == text) }

  @Test(
    "a few never look like none, nor nearly all like all",
    arguments: [
      (0, 5, "0%"), (5, 5, "100%"), (1, 3, "33.3%"), (1, 10_000, "<0.1%"), (9_999, 10_000, ">99.9%"), (1, 0, "0%"),
      (1, 4, "25%"),
    ])
  func share(_ part: Int, _ whole: Int, _ text: String) { #expect(DisplayFormat.share(part, of: whole) == text) }

  @Test(
    "times are written in UTC with their weekday, whatever the year",
    arguments: [
      ("2026-03-02T08:15:59Z", "Mon 2 Mar 2026, 08:15"), ("1969-12-31T23:59:59.9999999Z", "Wed 31 Dec 1969, 23:59"),
      ("0001-01-01T00:00:00Z", "Mon 1 Jan 1, 00:00"), ("9999-12-31T23:59:59Z", "Fri 31 Dec 9999, 23:59"),
    ])
  func moment(_ instant: String, _ text: String) throws {
    #expect(DisplayFormat.moment(try #require(Timestamp.parse(instant))) == text)
  }

  @Test("instants beyond all calendars do not trap", arguments: [Int64.min, Int64.max])
  func extremes(_ ticks: Int64) {
    let instant = Instant(ticks: ticks)
    #expect(DisplayFormat.moment(instant).contains(":"))
    #expect((0...23).contains(DisplayFormat.hour(instant)))
  }

  @Test(
    "a span is written in its two largest units",
    arguments: [(0, "0 s"), (59, "59 s"), (3_600, "1 h"), (3_905, "1 h 5 min"), (180_000, "2 d 2 h"), (-5, "0 s")])
  func span(_ seconds: Int, _ text: String) { #expect(DisplayFormat.span(.seconds(seconds)) == text) }

  @Test(
    "an axis ends just above the greatest value, at round numbers",
    arguments: [(0, 1, 2), (1, 1, 2), (7, 8, 5), (97, 100, 6), (1_234, 1_500, 4), (Int.max, 0, 0)])
  func scale(_ most: Int, _ top: Int, _ ticks: Int) {
    let scale = ValueScale(most: most)
    if top > 0 {
      #expect(scale.top == top && scale.ticks.count == ticks, "\(scale.ticks)")
    } else {
      #expect(scale.ticks.count < 8)
    }
  }
}
