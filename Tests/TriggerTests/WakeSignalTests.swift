// Waiting that can be cut short.

internal import IntakeCore
internal import IntakeTesting
import Testing

@testable internal import Trigger

@Suite struct WakeSignalTests {
  /// A clock on which nobody ever wakes by himself.
  static let endless = TimeSource(
    now: { Instant(seconds: 0) },
    sleep: { _ async throws(CancellationError) in try await TimeSource.systemSleep(.seconds(3_600)) })

  @Test("time passes and nobody rings")
  func passes() async {
    let clock = ManualClock(Instant(seconds: 0))
    #expect(await WakeSignal().wait(.seconds(60), clock.source) == false)
    #expect(clock.now == Instant(seconds: 60))
  }

  @Test("a ring before or during the wait ends it, once")
  func rings() async {
    let alarm = WakeSignal()
    alarm.ring()
    #expect(await alarm.wait(.seconds(60), Self.endless))
    async let waiting = alarm.wait(.seconds(60), Self.endless)
    await Task.yield()
    alarm.ring()
    #expect(await waiting)
    #expect(await alarm.wait(.seconds(1), ManualClock(Instant(seconds: 0)).source) == false)
  }

  @Test("a cancelled task does not wait")
  func cancelled() async {
    let rang = await withTaskGroup(of: Bool.self) { group in
      group.cancelAll()
      group.addTask { await WakeSignal().wait(.seconds(60), Self.endless) }
      return await group.next() ?? true
    }
    #expect(!rang)
  }
}
