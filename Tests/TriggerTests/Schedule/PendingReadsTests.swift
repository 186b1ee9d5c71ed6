// Windows of a pass that has much to catch up with: few where there is no mail, bounded ones where there is much.

internal import IntakeCore
internal import IntakeTesting
import Testing

@testable internal import Trigger

@Suite struct PendingReadsTests {
  private static let now = Instant(seconds: 1_790_000_000)
  private static let month = Duration.seconds(30 * 86_400)

  /// A first pass over a month: every window that was asked for, and the rows that came out.
  private func firstPass(_ rows: [RowSource.Row]) async throws -> (windows: [Window], lines: [String]) {
    let clock = ManualClock(Self.now)
    let source = RowSource(rows, pageSize: 50)
    let asked = Locked<[Window]>([])
    source.fail { window, page in
      if page == 0 { asked.update { $0.append(window) } }
      return nil
    }
    let sink = MemorySink()
    var pipeline = Pipeline(
      source: source, mapping: PlainMapping(), sinks: [sink], state: MemoryStore(), time: clock.source)
    try await pipeline.open()
    let schedule = Schedule(
      every: .seconds(60), lag: .seconds(60), revisits: [.seconds(900)], since: Self.month)
    let outcome = await Pass(schedule: schedule, time: clock.source, log: .silent).run(&pipeline)
    #expect(outcome.failure == nil)
    return (asked.value, sink.lines)
  }

  @Test("a month without mail takes eight windows, without a hole between them")
  func empty() async throws {
    let windows = try await firstPass([]).windows
    #expect(windows.count <= 8, "\(windows.count)")
    #expect(windows.first?.start == Self.now - Self.month && windows.last?.end == Self.now - .seconds(60))
    for (window, next) in zip(windows, windows.dropFirst()) { #expect(window.end == next.start) }
    #expect(windows.allSatisfy { $0.span <= .seconds(8 * 86_400) })
  }

  @Test("windows are short again once mail begins, and every row comes out once")
  func busy() async throws {
    // Ten pages in each six hours of the last week.
    let rows = (0..<(28 * 500)).map { index in
      RowSource.Row(received: Self.now - .seconds(7 * 86_400 - index * 43), text: "{\"n\":\(index)}")
    }.filter { $0.received < Self.now - .seconds(60) }
    let (windows, lines) = try await firstPass(rows)
    #expect(Set(lines).count == rows.count && lines.count == rows.count)
    #expect(windows.last.map { $0.span <= .seconds(6 * 3_600) } == true)
    #expect(windows.contains { $0.span == .seconds(8 * 86_400) })
  }

  @Test(
    "a window grows only behind one with few rows: a full answer may have been cut",
    arguments: [(1, 0, 12), (1, 999, 12), (1, 1_000, 6), (2, 50, 6), (9, 9_000, 3), (8, 8_000, 6)])
  func adapted(_ pages: Int, _ rows: Int, _ hours: Int) {
    var length = WindowLength(first: .seconds(6 * 3_600), limits: .seconds(3_600) ... .seconds(86_400))
    var tally = Tally()
    (tally.pages, tally.rows) = (pages, rows)
    length.adapt(to: tally)
    #expect(length.current == .seconds(hours * 3_600))
  }

  @Test("pieces of two cursors, or with a hole between them, stay two windows")
  func apart() {
    func read(_ cursor: String, _ hours: Range<Int>) -> Schedule.Read {
      let window = Window(
        start: Self.now + .seconds(hours.lowerBound * 3_600), end: Self.now + .seconds(hours.upperBound * 3_600))
      return Schedule.Read(cursor: cursor, window: window, age: .zero)
    }
    let pieces = [read("live", 0..<6), read("live", 6..<12), read("live", 13..<14), read("revisit 1h", 14..<15)]
    var pending = PendingReads(pieces)
    #expect(pending.next(.seconds(86_400)) == read("live", 0..<12))
    #expect(pending.next(.seconds(86_400)) == read("live", 13..<14))
    #expect(pending.next(.seconds(86_400)) == read("revisit 1h", 14..<15))
    #expect(pending.next(.seconds(86_400)) == nil)
    var narrow = PendingReads(pieces)
    #expect(narrow.next(.seconds(6 * 3_600)) == pieces[0])
  }
}
