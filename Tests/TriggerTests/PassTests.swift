// Passes over simulated hours: late rows come out through revisits, each once.

internal import IntakeCore
internal import IntakeTesting
import Testing

@testable internal import Trigger

@Suite struct PassTests {
  static let start = Instant(seconds: 1_790_000_000)

  @Test("rows that appear late come out once, by the revisit that sees them first")
  func lateRows() async throws {
    let clock = ManualClock(Self.start)
    let source = RowSource([], pageSize: 50)
    let sink = MemorySink()
    var pipeline = try await pipeline(source, sink, clock)
    let pass = pass(clock, revisits: usualRevisits, since: 3_600)
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
      #expect(report.interruption == nil)
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
    var pipeline = try await pipeline(source, sink, clock)
    let pass = pass(clock, since: 3_600)
    #expect(await pass.run(&pipeline).failure == broken)
    #expect(pipeline.state.checkpoint.cursors == ["live": Self.start - .seconds(3_600)])
    #expect(await pass.run(&pipeline).failure == nil)
    #expect(sink.lines == ["{}"])
  }

  /// A row every two minutes of the last four hours.
  private static func rows() -> [RowSource.Row] {
    (1...120).map { .init(received: start - .seconds($0 * 120), text: "{\"n\":\($0)}") }
  }

  /// An open pipeline to one sink.
  private func pipeline<Mapping: Normalising>(
    _ source: RowSource, _ sink: MemorySink, _ clock: ManualClock, _ mapping: Mapping = PlainMapping(),
    state: MemoryStore = MemoryStore()
  ) async throws -> Pipeline<RowSource, Mapping, MemoryStore> {
    var pipeline = Pipeline(source: source, mapping: mapping, sinks: [sink], state: state, time: clock.source)
    try await pipeline.open()
    return pipeline
  }

  private func pass(_ clock: ManualClock, revisits: [Duration] = [], since: Int = 14_500) -> Pass {
    let schedule = Schedule(
      every: .seconds(60), lag: .seconds(60), revisits: revisits, since: .seconds(since))
    return Pass(schedule: schedule, time: clock.source, log: .silent)
  }

  @Test("a first pass that fails on its second page for hours reads from its first start once it can")
  func firstStartStays() async throws {
    let clock = ManualClock(Self.start)
    let source = RowSource(Self.rows(), pageSize: 50)
    let down = Failure("source.unreachable", exit: .tryLater, "Down.", recovery: .later(after: nil))
    source.fail { _, page in page == 1 ? down : nil }
    let sink = MemorySink()
    var pipeline = try await pipeline(source, sink, clock)
    for _ in 0..<5 {
      #expect(await pass(clock).run(&pipeline).failure == down)
      clock.advance(by: .seconds(3_600))
    }
    source.fail { _, _ in nil }
    #expect(await pass(clock).run(&pipeline).failure == nil)
    #expect(Set(sink.lines).count == 120)
  }

  @Test("a clock before the live cursor is a failure, not a pass without work")
  func clockBehind() async throws {
    let clock = ManualClock(Self.start)
    var pipeline = try await pipeline(RowSource(Self.rows(), pageSize: 50), MemorySink(), clock)
    #expect(await pass(clock).run(&pipeline).failure == nil)
    let cursors = pipeline.state.checkpoint.cursors
    clock.move(to: Self.start - .seconds(3 * 86_400))
    let failure = await pass(clock).run(&pipeline).failure
    #expect(failure?.code.rawValue == "clock.behind" && failure?.exit == .tryLater)
    #expect(pipeline.state.checkpoint.cursors == cursors)
    clock.move(to: Self.start + .seconds(60))
    #expect(await pass(clock).run(&pipeline).failure == nil)
  }

  @Test("without a date of the service no cursor passes the newest row seen, however far ahead the clock is")
  func noDate() async throws {
    let clock = ManualClock(Self.start + .seconds(3 * 86_400))
    let source = RowSource(Self.rows(), pageSize: 50, serverDate: nil)
    let sink = MemorySink()
    var pipeline = try await pipeline(source, sink, clock, DatedMapping(source.rows))
    let pass = pass(clock, revisits: [.seconds(900)], since: 4 * 86_400)
    #expect(await pass.run(&pipeline).failure == nil)
    #expect(sink.lines.count == 120)
    for (name, cursor) in pipeline.state.checkpoint.cursors {
      #expect(cursor <= Self.start - .seconds(120), "\(name)")
    }
    clock.move(to: Self.start + .seconds(600))
    let late = RowSource.Row(received: Self.start + .seconds(100), text: "{\"n\":0}")
    source.add(late)
    var next = try await self.pipeline(source, sink, clock, DatedMapping(source.rows), state: pipeline.state)
    #expect(await pass.run(&next).failure == nil)
    #expect(sink.lines.last == late.text && sink.lines.count == 121)
  }

  @Test("a first pass by a clock three days ahead of a service without dates loses nothing once the clock is right")
  func firstPassAhead() async throws {
    let clock = ManualClock(Self.start + .seconds(3 * 86_400))
    let source = RowSource(Self.rows(), pageSize: 50, serverDate: nil)
    let sink = MemorySink()
    var pipeline = try await pipeline(source, sink, clock, DatedMapping(source.rows))
    for _ in 0..<2 {
      #expect(await pass(clock, revisits: [.seconds(900)]).run(&pipeline).failure == nil)
      #expect(sink.lines.isEmpty)
    }
    clock.move(to: Self.start)
    #expect(await pass(clock, revisits: [.seconds(900)]).run(&pipeline).failure == nil)
    #expect(Set(sink.lines).count == 120)
  }

  @Test("a first pass that breaks in its middle leaves nothing without a revisit")
  func brokenFirstPass() async throws {
    let clock = ManualClock(Self.start)
    let source = RowSource(Self.rows(), pageSize: 500)
    let sink = MemorySink()
    var pipeline = try await pipeline(source, sink, clock)
    let pass = pass(clock, revisits: [.seconds(900)], since: 4 * 3_600)
    let tooMuch = Failure("source.truncated", exit: .tryLater, "Too much.", recovery: .smallerWindow)
    let broken = Failure("source.5xx", exit: .tryLater, "It fails.", recovery: .later(after: nil))
    source.fail { window, _ in
      window.span > .seconds(3 * 3_600) ? tooMuch : window.end > Self.start - .seconds(600) ? broken : nil
    }
    #expect(await pass.run(&pipeline).failure == broken)
    let seen = sink.lines.count
    #expect(seen > 0 && seen < 120)
    source.fail { _, _ in nil }
    let late = RowSource.Row(received: Self.start - .seconds(3 * 3_600), text: "{\"n\":\"late\"}")
    source.add(late)
    #expect(await pass.run(&pipeline).failure == nil)
    #expect(sink.lines.count == 121 && sink.lines.contains(late.text))
  }

  @Test("a revisit whose window fails does not block the live window nor later revisits")
  func failingRevisit() async throws {
    let clock = ManualClock(Self.start)
    let source = RowSource(Self.rows(), pageSize: 500)
    var pipeline = try await pipeline(source, MemorySink(), clock)
    let pass = pass(clock, revisits: [.seconds(900), .seconds(3_600), .seconds(7_200)])
    #expect(await pass.run(&pipeline).failure == nil)
    let before = pipeline.state.checkpoint.cursors
    clock.advance(by: .seconds(3_000))
    let broken = Failure("source.gateway_timeout", exit: .tryLater, "Slow.", recovery: .later(after: nil))
    let failing = before["revisit 15m"]
    source.fail { window, _ in window.start == failing ? broken : nil }
    #expect(await pass.run(&pipeline).failure == broken)
    let after = pipeline.state.checkpoint.cursors
    for (name, cursor) in before {
      #expect(name == "revisit 15m" ? after[name] == cursor : (after[name] ?? cursor) > cursor, "\(name)")
    }
  }

  @Test("a span that no request can get stays open, later windows are read, and it is read once it can be")
  func openSpan() async throws {
    let clock = ManualClock(Self.start)
    let source = RowSource(Self.rows(), pageSize: 10)
    let sink = MemorySink()
    let poison = Self.start - .seconds(60 * 120)
    let refused = Failure("source.busy", exit: .tryLater, "500.", recovery: .later(after: nil))
    source.fail { window, page in
      let holds = window.start <= poison && window.end >= poison
      return holds && (page == 3 || window.span <= .seconds(8_000)) ? refused : nil
    }
    var pipeline = try await pipeline(source, sink, clock)
    let report = await pass(clock).run(&pipeline)
    #expect(report.interruption == nil && report.openSpanFailure?.code == .openSpan)
    #expect(report.failure?.exit == .tryLater)
    let spans = pipeline.state.checkpoint.openSpans
    #expect(spans.count == 1 && spans.allSatisfy { $0.window.span <= .seconds(4) })
    #expect(spans.allSatisfy { $0.window.start <= poison && $0.window.end >= poison })
    #expect(sink.lines.count == 119 && pipeline.state.checkpoint.cursors["live"] == Self.start - .seconds(60))

    clock.advance(by: .seconds(300))
    source.add(.init(received: Self.start + .seconds(30), text: "{\"n\":0}"))
    let second = await pass(clock).run(&pipeline)
    #expect(second.interruption == nil && second.openSpanFailure != nil && sink.lines.count == 120)
    clock.advance(by: .seconds(3_600))
    source.fail { _, _ in nil }
    let third = await pass(clock).run(&pipeline)
    #expect(third.failure == nil && pipeline.state.checkpoint.openSpans.isEmpty)
    #expect(sink.lines.count == 121 && Set(sink.lines).count == 121)
  }

  @Test("a span that stays open for more than a week is reported as lost")
  func openSpanGivenUp() async throws {
    let clock = ManualClock(Self.start)
    var pipeline = try await pipeline(RowSource([]), MemorySink(), clock)
    #expect(await pass(clock).run(&pipeline).failure == nil)
    let window = Window(start: Self.start - .seconds(9_000), end: Self.start - .seconds(8_999))
    pipeline.state.checkpoint.openSpans = [
      OpenSpan(window: window, opened: Self.start - .seconds(8 * 86_400), tried: Self.start)
    ]
    let report = await pass(clock).run(&pipeline)
    #expect(report.gaps == [Schedule.Gap(cursor: "open span", window: window)])
    #expect(report.openSpanFailure == nil && pipeline.state.checkpoint.openSpans.isEmpty)
  }
}

/// As `PlainMapping`, with each row's own received time.
struct DatedMapping: Normalising {
  private let received: [String: Instant]

  init(_ rows: [RowSource.Row]) {
    received = Dictionary(rows.map { ($0.text, $0.received) }) { first, _ in first }
  }

  func normalise(_ page: Page, created: Instant, into batch: inout Batch, ledger: inout some Ledger) {
    let first = batch.entries.count
    PlainMapping().normalise(page, created: created, into: &batch, ledger: &ledger)
    let lines = String(decoding: batch.bytes, as: UTF8.self).split(separator: "\n").map(String.init)
    for index in batch.entries.indices.dropFirst(first) {
      if received[lines[index]] == nil { batch.undated += 1 }
      batch.entries[index].received = received[lines[index]] ?? created
    }
  }
}
