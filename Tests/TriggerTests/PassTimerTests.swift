// The rhythm of passes: no drift, no pile-up, growing pauses that are spread.

internal import IntakeCore
import Testing

@testable internal import Trigger

@Suite struct PassTimerTests {
  static let start = Instant(seconds: 1_790_000_000)
  static let broken = Failure("source.unreachable", exit: .tryLater, "Down.", recovery: .later(after: nil))

  @Test("a thousand passes of any length start on the grid of the first")
  func grid() {
    var cadence = PassTimer(every: .seconds(60), start: Self.start)
    var now = Self.start
    for pass in 0..<1_000 {
      now = now + .milliseconds(pass * 37 % 59_000)
      let next = cadence.afterSuccess(now: now)
      #expect(next > now && next - now <= .seconds(60))
      #expect((next - Self.start).ticks % Duration.seconds(60).ticks == 0)
      now = next
    }
    #expect(now == Self.start + .seconds(60_000))
  }

  @Test("slots that a long pass missed are left out, not made up for")
  func noPileUp() {
    var cadence = PassTimer(every: .seconds(60), start: Self.start)
    #expect(cadence.afterSuccess(now: Self.start + .seconds(605)) == Self.start + .seconds(660))
    #expect(cadence.afterSuccess(now: Self.start + .seconds(661)) == Self.start + .seconds(720))
  }

  @Test(
    "failures in a row wait longer and longer, up to the longest pause and a quarter",
    arguments: [(1, 120), (2, 240), (3, 480), (4, 900), (20, 900)])
  func backOff(_ failures: Int, _ seconds: Int) {
    for (random, factor) in [(0.0, 1.0), (1.0, 1.25)] {
      var cadence = PassTimer(every: .seconds(60), start: Self.start)
      var next = Self.start
      for _ in 0..<failures { next = cadence.afterFailure(Self.broken, now: Self.start, random: random) }
      #expect(next == Self.start + .seconds(seconds) * factor)
      #expect(cadence.failures == failures)
    }
  }

  @Test("the peer's wish is obeyed where it is longer, and never for more than an hour")
  func wish() {
    var cadence = PassTimer(every: .seconds(60), start: Self.start)
    for (wish, pause) in [(Duration.seconds(5), 120), (.seconds(1_800), 1_800), (.seconds(1_000_000), 3_600)] {
      cadence.restart(every: .seconds(60), now: Self.start)
      let throttled = Failure("source.throttled", exit: .tryLater, "Later.", recovery: .later(after: wish))
      #expect(cadence.afterFailure(throttled, now: Self.start, random: 0) == Self.start + .seconds(pause))
    }
  }

  @Test("a state in use is tried again within a second and counts as no failure")
  func locked() {
    var cadence = PassTimer(every: .seconds(60), start: Self.start)
    let locked = Failure("state.locked", exit: .tryLater, "In use.", recovery: .later(after: nil))
    for _ in 0..<50 { #expect(cadence.afterFailure(locked, now: Self.start, random: 1) <= Self.start + .seconds(1)) }
    #expect(cadence.failures == 0)
  }

  @Test("a clock that is set back by a day holds nobody up")
  func clockBack() {
    var cadence = PassTimer(every: .seconds(60), start: Self.start)
    let earlier = Self.start - .seconds(86_400)
    #expect(cadence.afterSuccess(now: earlier) == earlier + .seconds(60))
  }
}
