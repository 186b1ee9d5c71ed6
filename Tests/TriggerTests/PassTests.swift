// Passes over simulated hours: late rows come out through revisits, each once.

internal import IntakeCore
internal import IntakeTesting
import Testing

@testable internal import Trigger

@Suite struct PassTests {
  static let start = Instant(seconds: 1_790_000_000)

  @Test("rows that appear late come out once, by the revisit that sees them first")
  func lateRows() async throws {
    let schedule = Schedule(
      every: .seconds(60), lag: .seconds(60), revisits: usualRevisits, since: .seconds(3_600))
    let clock = ManualClock(Self.start)
    let source = RowSource([], pageSize: 50)
    let sink = MemorySink()
    var pipeline = Pipeline(
      source: source, mapping: PlainMapping(), sinks: [sink], state: MemoryStore(), time: clock.source)
    try await pipeline.open()
    let pass = Pass(schedule: schedule, time: clock.source, log: .silent)
    var random = SeededRandom(seed: 7)
    var hidden: [(visible: Instant, row: RowSource.Row)] = []
    var expected: Set<String> = []
    for minute in 0..<(30 * 60) {
      clock.move(to: Self.start + .seconds(60 * minute))
      if minute % 3 == 0, minute < 120 {
        let delay = Duration.seconds(Int(random.next() % 72_000))
        let row = RowSource.Row(received: clock.now, text: "{\"minute\":\(minute)}")
        hidden.append((clock.now + delay, row))
        expected.insert(row.text)
      }
      for (_, row) in hidden.filter({ $0.visible <= clock.now }) { source.add(row) }
      hidden.removeAll { $0.visible <= clock.now }
      let report = await pass.run(&pipeline)
      #expect(report.failure == nil)
    }
    #expect(Set(sink.lines) == expected)
    #expect(sink.lines.count == expected.count)
  }

  @Test("a failing source leaves its failure in the report, and the next pass goes on")
  func failure() async throws {
    let clock = ManualClock(Self.start)
    let broken = Failure("source.unreachable", exit: .tryLater, "Down.", recovery: .later(after: nil))
    let row = RowSource.Row(received: Self.start - .seconds(600), text: "{}")
    let source = RowSource([row], failures: [0: broken])
    let sink = MemorySink()
    var pipeline = Pipeline(
      source: source, mapping: PlainMapping(), sinks: [sink], state: MemoryStore(), time: clock.source)
    try await pipeline.open()
    let schedule = Schedule(every: .seconds(60), lag: .seconds(60), revisits: [], since: .seconds(3_600))
    let pass = Pass(schedule: schedule, time: clock.source, log: .silent)
    #expect(await pass.run(&pipeline).failure == broken)
    #expect(pipeline.state.checkpoint.cursors.isEmpty)
    #expect(await pass.run(&pipeline).failure == nil)
    #expect(sink.lines == ["{}"])
  }
}
