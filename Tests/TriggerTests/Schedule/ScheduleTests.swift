// Which windows are read when: pure arithmetic over cursors and time.

internal import IntakeCore
internal import IntakeTesting
import Testing

@testable internal import Trigger

/// The ages of the default configuration.
let usualRevisits: [Duration] = [900, 3_600, 21_600, 86_400].map { .seconds($0) }

@Suite struct ScheduleTests {
  static let now = Instant(seconds: 1_790_000_000)
  static let schedule = Schedule(
    every: .seconds(60), lag: .seconds(60), revisits: [.seconds(900), .seconds(3_600)], since: .seconds(86_400))

  @Test("the very first pass reads from since to the lag, in bounded pieces, without a hole")
  func first() {
    let due = Self.schedule.due([:], now: Self.now, source: RowSource([]))
    #expect(due.gaps.isEmpty)
    #expect(due.reads.allSatisfy { $0.cursor == "live" && $0.window.span <= Schedule.longestRead })
    #expect(due.reads.first?.window.start == Self.now - .seconds(86_400))
    #expect(due.reads.last?.window.end == Self.now - .seconds(60))
    for (read, next) in zip(due.reads, due.reads.dropFirst()) { #expect(read.window.end == next.window.start) }
  }

  @Test("a first pass that is to look back at nothing still begins to collect")
  func sinceZero() {
    var schedule = Self.schedule
    schedule.since = .zero
    let due = schedule.due([:], now: Self.now, source: RowSource([]))
    #expect(due.reads.map(\.window) == [Window(start: Self.now - .seconds(120), end: Self.now - .seconds(60))])
  }

  private func begin(_ cursors: [String: Instant], _ revisits: [Duration], sequence: UInt64 = 1) -> [String: Instant] {
    var schedule = Self.schedule
    schedule.revisits = revisits
    let checkpoint = Checkpoint(sequence: sequence, cursors: cursors)
    return schedule.begin(checkpoint, now: Self.now, source: RowSource([]))
  }

  @Test("a new age takes over what is outstanding of a removed one", arguments: [172_800, 88_200, 43_200])
  func replacedAge(_ seconds: Int) {
    let outstanding = Self.now - .seconds(90_000)
    let age = Duration.seconds(seconds)
    let cursors = begin(
      ["live": Self.now, "revisit 15m": Self.now - .seconds(900), "revisit 24h": outstanding], [.seconds(900), age])
    #expect(
      cursors == [
        "live": Self.now, "revisit 15m": Self.now - .seconds(900), Schedule.cursorName(revisit: age): outstanding,
      ])
  }

  @Test("a removed age keeps its cursor for a day, in case it comes back, and then no longer holds the horizon")
  func removedAge() {
    let recent = ["live": Self.now, "revisit 6h": Self.now - .seconds(107_000)]
    #expect(begin(recent, [.seconds(900)])["revisit 15m"] == Self.now - .seconds(107_000))
    #expect(begin(recent, []) == recent)
    #expect(begin(["live": Self.now, "revisit 6h": Self.now - .seconds(109_000)], []) == ["live": Self.now])
  }

  @Test("the first start is fixed once; only one in the future, from which nothing was read, is fixed again")
  func firstStart() {
    let start = Self.now - .seconds(86_400)
    #expect(begin([:], [], sequence: 0) == ["live": start])
    #expect(begin(["live": start - .seconds(3_600)], [], sequence: 0) == ["live": start - .seconds(3_600)])
    let future = ["live": Self.now + .seconds(259_200)]
    #expect(begin(future, [], sequence: 0) == ["live": start])
    #expect(begin(future, [], sequence: 1) == future)
    // Without any sign of the service's clock the revisits began there too, and nothing has moved since.
    let unmoved = future.merging(["revisit 1h": Self.now + .seconds(259_200)]) { $1 }
    #expect(begin(unmoved, [.seconds(3_600)], sequence: 1) == ["live": start, "revisit 1h": start])
    // In one step with the live cursor: a first pass that breaks leaves nothing without its revisit.
    #expect(begin([:], [.seconds(3_600)], sequence: 0) == ["live": start, "revisit 1h": start])
    let moved = future.merging(["revisit 1h": Self.now + .seconds(255_600)]) { $1 }
    #expect(begin(moved, [.seconds(3_600)], sequence: 1) == moved)
  }

  @Test("a first window that is late by as much as the clock is ahead begins again, and no other one")
  func beginAgain() {
    func again(_ cursors: [String: Instant], at start: Instant, ahead: Int, sequence: UInt64 = 0) -> [String: Instant]?
    {
      Self.schedule.beginAgain(
        Checkpoint(sequence: sequence, cursors: cursors), at: Window(start: start, end: start + .seconds(3_600)),
        now: Self.now + .seconds(ahead), serverDate: Self.now, source: RowSource([]))
    }
    let start = Self.now - .seconds(86_400)
    for ahead in [1_800, 72_000, 259_200] {
      let late = start + .seconds(ahead)
      let cursors = again(["live": late], at: late, ahead: ahead)
      #expect(cursors?["live"] == start && cursors?.count == Self.schedule.revisits.count + 1)
      #expect(cursors?.values.allSatisfy { $0 == start } == true)
      // A later window of the first pass is not the first.
      #expect(again(["live": late - .seconds(60)], at: late, ahead: ahead) == nil)
      #expect(again(["live": late], at: late, ahead: 0) == nil)
      #expect(again(["live": late, "revisit 1h": late - .seconds(1)], at: late, ahead: ahead) == nil)
    }
    #expect(again(["live": start], at: start, ahead: 72_000) == nil)
    #expect(again(["live": Self.now], at: Self.now - .seconds(60), ahead: 7_200) == nil)
  }

  @Test("the horizon stays before open spans, so that they can be read again without a repeat")
  func horizon() {
    var checkpoint = Checkpoint(cursors: ["live": Self.now])
    let window = Window(start: Self.now - .seconds(500_000), end: Self.now - .seconds(499_999))
    checkpoint.openSpans = [OpenSpan(window: window, opened: Self.now, tried: Self.now)]
    #expect(Self.schedule.horizon(checkpoint, now: Self.now) <= window.start)
  }

  @Test("a live read covers each revisit up to its age, and no further")
  func covered() {
    let read = Schedule.Read(
      cursor: "live", window: Window(start: Self.now - .seconds(7_200), end: Self.now - .seconds(60)), age: .seconds(60)
    )
    let moved = Self.schedule.covered(by: read, at: Self.now, cursors: [:])
    #expect(moved == ["revisit 15m": Self.now - .seconds(900), "revisit 1h": Self.now - .seconds(3_600)])
    let late = Self.schedule.covered(by: read, at: Self.now, cursors: ["revisit 1h": Self.now - .seconds(90_000)])
    #expect(late["revisit 1h"] == nil)
  }

  @Test("a revisit begins where the first live read began, even if that was younger than its age")
  func begins() {
    let read = Schedule.Read(
      cursor: "live", window: Window(start: Self.now - .seconds(120), end: Self.now - .seconds(60)), age: .seconds(60))
    #expect(
      Self.schedule.covered(by: read, at: Self.now, cursors: [:])["revisit 1h"] == Self.now - .seconds(120))
  }

  @Test("revisits run a fifth of their age apart")
  func steps() {
    let cursors = [
      "live": Self.now - .seconds(120), "revisit 15m": Self.now - .seconds(900 + 180),
      "revisit 1h": Self.now - .seconds(3_600 + 719),
    ]
    let due = Self.schedule.due(cursors, now: Self.now, source: RowSource([])).reads
    #expect(due.map(\.cursor) == ["live", "revisit 15m"])
    #expect(due.last?.window == Window(start: Self.now - .seconds(1_080), end: Self.now - .seconds(900)))
  }

  @Test("what fell out of retention is told with its exact span, and collection goes on behind it")
  func gap() {
    let source = RowSource([], retention: .seconds(10 * 86_400))
    let lost = Self.now - .seconds(12 * 86_400)
    let due = Self.schedule.due(["live": lost], now: Self.now, source: source)
    let floor = Self.now - .seconds(10 * 86_400) + Schedule.retentionMargin
    #expect(due.gaps == [Schedule.Gap(cursor: "live", window: Window(start: lost, end: floor))])
    #expect(due.reads.first?.window.start == floor)
  }

  @Test("a first start at the edge of what the service keeps has no gap a minute later")
  func edge() {
    var schedule = Self.schedule
    schedule.start = Self.now - .seconds(365 * 86_400)
    let source = RowSource([])
    let cursors = schedule.begin(Checkpoint(), now: Self.now, source: source)
    #expect(schedule.cutStart(cursors, Checkpoint(), now: Self.now) == cursors["live"])
    #expect(schedule.due(cursors, now: Self.now + .seconds(60), source: source).gaps.isEmpty)
  }

  @Test("a clock that goes back asks for nothing")
  func clockBack() {
    let due = Self.schedule.due(["live": Self.now + .seconds(3_600)], now: Self.now, source: RowSource([]))
    #expect(due.reads.isEmpty && due.gaps.isEmpty)
  }

  @Test("a day of passes at one a minute stays under 20 requests in five minutes")
  func cost() {
    let schedule = Schedule(
      every: .seconds(60), lag: .seconds(60), revisits: usualRevisits, since: .seconds(3_600))
    var cursors: [String: Instant] = [:]
    var requests: [Int] = []
    for minute in 0..<2_880 {
      let now = Self.now + .seconds(60 * minute)
      let due = schedule.due(cursors, now: now, source: RowSource([])).reads
      for read in due {
        cursors[read.cursor] = read.window.end
        cursors.merge(schedule.covered(by: read, at: now, cursors: cursors)) { max($0, $1) }
      }
      requests.append(due.count)
    }
    let busiest = (5...requests.count).map { requests[($0 - 5)..<$0].reduce(0, +) }.max() ?? 0
    #expect(busiest <= 20)
    #expect(requests.reduce(0, +) > 2_880)
  }

  @Test("after a lost ledger reading begins where a revisit may still see, or where something was left to read")
  func restart() {
    let now = Instant(seconds: 1_790_000_000)
    let schedule = Schedule(
      every: .seconds(60), lag: .seconds(60), revisits: [.seconds(900), .seconds(3 * 86_400)], since: .seconds(86_400))
    let horizon = now - .seconds(3 * 86_400)
    #expect(Set(schedule.restart([:], now: now).values) == [horizon] && schedule.restart([:], now: now).count == 3)
    let old = now - .seconds(5 * 86_400)
    #expect(Set(schedule.restart([Schedule.liveCursor: now, "revisit": old], now: now).values) == [old])
    let wide = Schedule(every: .seconds(60), lag: .seconds(60), revisits: [.seconds(900)], since: .seconds(86_400))
    #expect(wide.restart([:], now: now) == [:])
  }
}
