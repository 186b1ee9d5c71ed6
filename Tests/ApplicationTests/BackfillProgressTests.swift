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

  private static func hours(_ start: Int, _ end: Int) -> Window {
    Window(start: Self.start + .seconds(start * 3_600), end: Self.start + .seconds(end * 3_600))
  }

  @Test("a call that continues adds only what is newer, any other its whole range; what waits survives and merges")
  func waiting() throws {
    var progress = BackfillProgress(span: Self.hours(0, 24), order: .oldest, updated: Self.start)
    progress.asked = ["-24h", ""]
    #expect(progress.append(Self.hours(0, 12), asked: ["x", "y"]) == nil && progress.waiting.isEmpty)
    #expect(progress.append(Self.hours(0, 24), asked: ["x", "y"]) == nil && progress.waiting.isEmpty)
    #expect(progress.append(Self.hours(20, 44), asked: ["-24h", ""]) == Self.hours(24, 44).start)
    #expect(progress.append(Self.hours(24, 48), asked: ["-24h", ""]) == Self.hours(24, 48).start)
    #expect(progress.waiting == [Self.hours(24, 48)])
    #expect(progress.append(Self.hours(10, 12), asked: ["x", "y"]) == Self.hours(10, 12).start)
    var read = try #require(BackfillProgress(try JSONValue(parsing: Array(progress.json.text.utf8))))
    #expect(read.waiting == [Self.hours(10, 12), Self.hours(24, 48)])
    read.done = read.span.span
    #expect(read.takeWaiting(.newest) && read.span == Self.hours(10, 12) && read.done == .zero && read.order == .newest)
    #expect(read.takeWaiting(.newest) && read.span == Self.hours(24, 48) && !read.takeWaiting(.newest))
  }

  @Test(
    "what the service no longer keeps is left out of what is unfinished", arguments: BackfillProgress.Order.allCases)
  func old(_ order: BackfillProgress.Order) {
    var progress = BackfillProgress(span: Self.hours(0, 10), order: order, updated: Self.start)
    progress.done = .seconds(2 * 3_600)
    let begun = order == .oldest ? 2 : 0
    #expect(progress.leaveOut(before: Self.hours(begun, 9).start) == nil)
    #expect(progress.leaveOut(before: Self.hours(5, 9).start) == Self.hours(begun, 5))
    #expect(progress.next(.seconds(86_400)) == (order == .oldest ? Self.hours(5, 10) : Self.hours(5, 8)))
    #expect(progress.leaveOut(before: Self.hours(20, 21).start) != nil && progress.isComplete)
  }
}
