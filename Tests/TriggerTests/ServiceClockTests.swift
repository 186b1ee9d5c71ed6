// Services that send no date: what stands for their clock, and what that costs.

internal import IntakeCore
internal import IntakeTesting
internal import Testing

@testable import Trigger

@Suite struct ServiceClockTests {
  private static let start = PassTests.start

  /// A row every two minutes of the last four hours.
  private let rows: [RowSource.Row] = (1...120).map {
    .init(received: start - .seconds($0 * 120), text: "{\"n\":\($0)}")
  }

  private func pass(_ clock: ManualClock, _ revisits: [Duration], since: Int = 14_500) -> Pass {
    let schedule = Schedule(every: .seconds(60), lag: .seconds(60), revisits: revisits, since: .seconds(since))
    return Pass(schedule: schedule, time: clock.source, log: .silent)
  }

  @Test(
    "without dates and without mail the time since the newest row is read once a pass, and a row of then still comes")
  func silence() async throws {
    let clock = ManualClock(Self.start)
    let source = RowSource(rows, pageSize: 500, serverDate: nil)
    let sink = MemorySink()
    let late = RowSource.Row(received: Self.start + .seconds(100), text: "{\"n\":0}")
    var pipeline = Pipeline(
      source: source, mapping: DatedMapping(source.rows + [late]), sinks: [sink], state: MemoryStore(),
      time: clock.source)
    try await pipeline.open()
    let pass = pass(clock, [.seconds(900), .seconds(3_600), .seconds(6 * 3_600), .seconds(86_400)])
    #expect(await pass.run(&pipeline).failure == nil)
    clock.advance(by: .seconds(10 * 86_400))
    for _ in 0..<3 {
      let before = source.asked.count
      #expect(await pass.run(&pipeline).failure == nil)
      // 41 windows of six hours, and what each revisit has to read before them.
      #expect(source.asked.count - before <= 45)
      clock.advance(by: .seconds(60))
    }
    source.add(late)
    #expect(await pass.run(&pipeline).failure == nil)
    #expect(sink.lines.last == late.text && sink.lines.count == 121)
  }

  @Test("a row without a time shows nothing of the service's clock")
  func undatedRow() async throws {
    let clock = ManualClock(Self.start + .seconds(3 * 86_400))
    let undated = RowSource.Row(received: Self.start - .seconds(130), text: "{\"n\":\"undated\"}")
    let sink = MemorySink()
    var pipeline = Pipeline(
      source: RowSource(rows + [undated], pageSize: 50, serverDate: nil), mapping: DatedMapping(rows),
      sinks: [sink], state: MemoryStore(), time: clock.source)
    try await pipeline.open()
    #expect(await pass(clock, [.seconds(900)], since: 4 * 86_400).run(&pipeline).failure == nil)
    #expect(sink.lines.count == 121)
    for (name, cursor) in pipeline.state.checkpoint.cursors {
      #expect(cursor <= Self.start - .seconds(120), "\(name)")
    }
  }
}
