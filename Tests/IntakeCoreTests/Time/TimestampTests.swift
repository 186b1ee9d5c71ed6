// Times as the services write them, and everything that only looks like one.

import Testing

@testable internal import IntakeCore

@Suite struct TimestampTests {
  @Test(
    "spellings of both services give the same instant",
    arguments: [
      "2026-03-02T08:15:07.2828271", "2026-03-02T08:15:07.2828271Z", "2026-03-02T08:15:07.28282710000Z",
      "2026-03-02T10:15:07.2828271+02:00", "2026-03-02T03:15:07.2828271-0500",
    ])
  func spellings(_ text: String) {
    #expect(Timestamp.parse(text).map(Timestamp.exactText) == "2026-03-02T08:15:07.2828271Z")
  }

  @Test(
    "what is no date is refused",
    arguments: [
      "", "2026-02-30T00:00:00Z", "2026-13-01T00:00:00Z", "2026-01-01T24:00:00Z", "2026-01-01T00:60:00Z",
      "2026-01-01T00:00:60Z", "2026-01-01T00:00:00.Z", "2026-01-01T00:00:00+99:99", "2026-01-01 00:00:00",
      "2026-01-01T00:00:00 ", "２０２６-01-01T00:00:00Z", "3/2/2026 9:05:00 AM", "2026-01-01t00:00:00z",
      "0000-01-01T00:00:00Z", "2026-01-01T00:00:00.1234567890123Z", "1659020996164",
    ])
  func refused(_ text: String) {
    #expect(Timestamp.parse(text) == nil)
  }

  @Test(
    "OData date literals",
    arguments: [
      ("/Date(1659020996164)/", "2022-07-28T15:09:56.164Z"), ("/Date(-1)/", "1969-12-31T23:59:59.999Z"),
      ("/Date(1700000000000+0200)/", "2023-11-14T22:13:20.000Z"), ("/Date(0)/", "1970-01-01T00:00:00.000Z"),
    ])
  func dateLiterals(_ literal: String, _ expected: String) {
    let bytes = Array(literal.utf8)
    let instant = unsafe Timestamp.parseDateLiteral(bytes.span.bytes, 0..<bytes.count)
    #expect(instant.map(Timestamp.text) == expected)
  }

  @Test(
    "date literals that hold no representable date are refused without a trap",
    arguments: [
      "/Date(9223372036854775807)/", "/Date(-9223372036854775808)/", "/Date()/", "/Date(abc)/", "/Date(1.5)/",
      "/Date(1", "/Date(253402300800000)/", "/Date(999999999999999999999999999999)/", "Date(1)", "/Date(1)/ ",
    ])
  func badLiterals(_ literal: String) {
    let bytes = Array(literal.utf8)
    #expect(unsafe Timestamp.parseDateLiteral(bytes.span.bytes, 0..<bytes.count) == nil)
  }

  @Test("every day from year 1 to 9999 goes to a date and back")
  func calendar() {
    var expected = Timestamp.civil(fromDays: -719_162)
    #expect(expected == (1, 1, 1))
    for day in Int64(-719_162)...2_932_896 {
      let date = Timestamp.civil(fromDays: day)
      guard date == expected, Timestamp.daysFromCivil(date.year, date.month, date.day) == day else {
        Issue.record("day \(day) is \(date), not \(expected)")
        return
      }
      expected.day += 1
      if expected.day > Timestamp.daysInMonth(expected.year, expected.month) {
        expected = (expected.month == 12 ? expected.year + 1 : expected.year, expected.month % 12 + 1, 1)
      }
    }
    #expect(expected == (10_000, 1, 1))
  }

  @Test("instants beyond four-digit years are clamped, arithmetic saturates")
  func extremes() {
    #expect(Timestamp.text(Instant(ticks: .max)) == "9999-12-31T23:59:59.999Z")
    #expect(Timestamp.text(Instant(ticks: .min)) == "0001-01-01T00:00:00.000Z")
    #expect(Instant(ticks: .max) + .seconds(1) == Instant(ticks: .max))
    #expect(Instant(ticks: .min) - .seconds(1) == Instant(ticks: .min))
    #expect(Instant(seconds: .max) == Instant(ticks: .max))
  }
}
