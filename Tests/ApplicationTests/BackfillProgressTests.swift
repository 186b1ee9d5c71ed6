// Which slice comes next, and what survives in the file.

internal import Configuration
internal import IntakeCore
import Testing
internal import Trigger

@testable internal import message_trace

@Suite struct BackfillProgressTests {
  static let start = Instant(seconds: 1_780_000_000)
  static let span = Window(start: start, end: start + .seconds(100_000) + .milliseconds(7))

  @Test("slices of changing length cover the span without hole or overlap", arguments: BackfillProgress.Order.allCases)
  func covers(_ order: BackfillProgress.Order) {
    var progress = BackfillProgress(span: Self.span, order: order, updated: Self.start)
    var slices: [Window] = []
    var length: Duration = .seconds(60)
    while let slice = progress.next(length) {
      slices.append(slice)
      progress.done += slice.span
      length = length > .seconds(9_000) ? .seconds(61) : length * 2
    }
    if order == .newest { slices.reverse() }
    #expect(slices.first?.start == Self.span.start && slices.last?.end == Self.span.end)
    for (older, newer) in zip(slices, slices.dropFirst()) { #expect(older.end == newer.start) }
    #expect(progress.isComplete && progress.next(.seconds(1)) == nil)
  }

  @Test("the file's content survives to the tick; anything else is no progress")
  func roundTrip() throws {
    var progress = BackfillProgress(span: Self.span, order: .newest, updated: Self.start)
    progress.done = .ticks(12_345_678_901)
    progress.tally.rows = 9
    progress.tally.emitted = 4
    let read = try #require(BackfillProgress(try JSONValue(parsing: Array(progress.json.text.utf8))))
    #expect(read.span == progress.span && read.done == progress.done && read.tally == progress.tally)
    #expect(read.text.contains("1 %") && read.text.contains("9 rows, 4 events"))
    for text in ["{}", "[]", "{\"from\":\"2026-01-02T00:00:00Z\",\"to\":\"2026-01-01T00:00:00Z\"}"] {
      #expect(BackfillProgress(try JSONValue(parsing: Array(text.utf8))) == nil)
    }
  }
}
