// The commit rule: nothing moves before it is safe, nothing comes twice, a dead sink holds back only itself.

internal import IntakeTesting
import Testing

@testable internal import IntakeCore

@Suite struct PipelineTests {
  typealias TestPipeline = Pipeline<RowSource, PlainMapping, MemoryStore>

  static let start = Instant(seconds: 1_790_000_000)
  static let window = Window(start: start, end: start + .seconds(3_600))
  static let down = Failure("sink.tcp.refused", exit: .tryLater, "The receiver refused.", recovery: .later(after: nil))

  static func rows(_ count: Int) -> [RowSource.Row] {
    (0..<count).map { RowSource.Row(received: start + .seconds($0), text: "{\"n\":\($0)}") }
  }

  func pipeline(_ source: RowSource, _ sinks: [MemorySink], cap: Int = 1 << 30) -> TestPipeline {
    TestPipeline(
      source: source, mapping: PlainMapping(), sinks: sinks, state: MemoryStore(),
      time: ManualClock(Self.window.end).source, journalCap: cap)
  }

  @Test("every row of every page comes out once and the cursor moves with the last page")
  func whole() async throws {
    let sink = MemorySink()
    var pipeline = pipeline(RowSource(Self.rows(7)), [sink])
    try await pipeline.open()
    let tally = try await pipeline.read(Self.window, moving: "live", age: .zero)
    #expect(Set(sink.lines) == Set(Self.rows(7).map(\.text)) && sink.lines.count == 7)
    #expect(tally.pages == 4 && tally.emitted == 7 && tally.windows == 1)
    #expect(pipeline.state.checkpoint.cursors == ["live": Self.window.end])
    #expect(pipeline.state.pending.isEmpty)
    let again = try await pipeline.read(Self.window, moving: "live", age: .zero)
    #expect(again.emitted == 0 && again.duplicates == 7 && sink.lines.count == 7)
  }

  static let unreachable = Failure(
    .unreachable, exit: .tryLater, "It cannot be reached.", recovery: .later(after: nil))

  @Test("a page that fails leaves the cursor where it was and keeps the pages before it", arguments: 1...3)
  func failingPage(_ page: Int) async throws {
    let sink = MemorySink()
    let source = RowSource(Self.rows(7), failures: [page: Self.unreachable])
    var pipeline = pipeline(source, [sink])
    try await pipeline.open()
    await #expect(throws: Self.unreachable) { try await pipeline.read(Self.window, moving: "live", age: .zero) }
    #expect(pipeline.state.checkpoint.cursors.isEmpty)
    #expect(sink.lines.count == page * 2)
    _ = try await pipeline.read(Self.window, moving: "live", age: .zero)
    #expect(sink.lines.count == 7 && Set(sink.lines).count == 7)
  }

  @Test("a dead sink holds back only itself, and gets everything in order once it is back")
  func deadSink() async throws {
    let (alive, dead) = (MemorySink(name: "alive"), MemorySink(name: "dead"))
    var pipeline = pipeline(RowSource(Self.rows(6)), [dead, alive])
    try await pipeline.open()
    dead.fail(with: Self.down)
    _ = try await pipeline.read(Self.window, moving: "live", age: .zero)
    #expect(alive.lines.count == 6 && dead.lines.isEmpty)
    #expect(pipeline.sinkFailures == ["dead": Self.down])
    #expect(pipeline.state.pending.count == 3)
    dead.fail(with: nil)
    try await pipeline.open()
    try await pipeline.drain()
    #expect(dead.lines == alive.lines && pipeline.state.pending.isEmpty && pipeline.sinkFailures.isEmpty)
  }

  @Test("a known sink that cannot be opened holds back only itself; a new one, or the only one, ends the run")
  func shutSink() async throws {
    let (alive, shut) = (MemorySink(name: "alive"), MemorySink(name: "shut"))
    shut.shut(true)
    var fresh = pipeline(RowSource(Self.rows(6)), [shut, alive])
    await #expect(throws: Failure.self) { try await fresh.open() }
    shut.shut(false)
    try await fresh.open()

    shut.shut(true)
    var next = TestPipeline(
      source: fresh.source, mapping: PlainMapping(), sinks: [shut, alive], state: fresh.state,
      time: ManualClock(Self.window.end).source)
    try await next.open()
    _ = try await next.read(Self.window, moving: "live", age: .zero)
    #expect(alive.lines.count == 6 && shut.lines.isEmpty && next.sinkFailures["shut"]?.code.rawValue == "sink.shut")
    shut.shut(false)
    try await next.open()
    try await next.drain()
    #expect(shut.lines == alive.lines && next.state.pending.isEmpty && next.sinkFailures.isEmpty)

    alive.shut(true)
    shut.shut(true)
    var last = TestPipeline(
      source: fresh.source, mapping: PlainMapping(), sinks: [shut, alive], state: next.state,
      time: ManualClock(Self.window.end).source)
    await #expect(throws: Failure.self) { try await last.open() }
  }

  @Test("each pass tries a dead sink once, opening does not")
  func drainedOnce() async throws {
    let dead = DeadSink()
    var before = TestPipeline(
      source: RowSource(Self.rows(2)), mapping: PlainMapping(), sinks: [dead], state: MemoryStore(), time: .system)
    try await before.open()
    _ = try await before.read(Self.window, moving: "live", age: .zero)
    #expect(dead.attempts.value == 1)
    var after = TestPipeline(
      source: RowSource([]), mapping: PlainMapping(), sinks: [dead], state: before.state, time: .system)
    try await after.open()
    try await after.drain()
    #expect(dead.attempts.value == 2 && after.sinkFailures == ["dead": Self.down])
    try await after.open()
    try await after.drain()
    #expect(dead.attempts.value == 3)
  }

  @Test("a sink that has everything and is taken out ends the run all the same")
  func removedWhenCaughtUp() async throws {
    let (alive, gone) = (MemorySink(name: "alive"), MemorySink(name: "gone"))
    var before = pipeline(RowSource(Self.rows(2)), [alive, gone])
    try await before.open()
    _ = try await before.read(Self.window, moving: "live", age: .zero)
    var after = TestPipeline(
      source: RowSource(Self.rows(4)), mapping: PlainMapping(), sinks: [alive], state: before.state, time: .system)
    let failure = await #expect(throws: Failure.self) { try await after.open() }
    #expect(failure?.code.rawValue == "sink.removed" && failure?.sentence.contains("gone") == true)
    var again = pipeline(RowSource(Self.rows(4)), [alive, gone])
    again.state = before.state
    try await again.open()
    _ = try await again.read(Self.window, moving: "live", age: .zero)
    #expect(gone.lines == alive.lines && gone.lines.count == 4 && again.addedSinks.isEmpty)
  }

  @Test("a sink that is added later says so, and gets what comes from then on")
  func addedSink() async throws {
    let (old, new) = (MemorySink(name: "old"), MemorySink(name: "new"))
    var before = pipeline(RowSource(Self.rows(2)), [old])
    try await before.open()
    #expect(before.addedSinks.isEmpty)
    _ = try await before.read(Self.window, moving: "live", age: .zero)
    var after = pipeline(RowSource(Self.rows(4)), [old, new])
    after.state = before.state
    try await after.open()
    #expect(after.addedSinks == ["new"])
    _ = try await after.read(Self.window, moving: "live", age: .zero)
    #expect(
      old.lines.count == 4 && Set(new.lines) == Set(Self.rows(4).map(\.text)).subtracting(Self.rows(2).map(\.text)))
  }

  @Test("a sink taken out of the configuration is let go only when told to")
  func removedSink() async throws {
    let (alive, dead) = (MemorySink(name: "alive"), MemorySink(name: "dead"))
    dead.fail(with: Self.down)
    var before = pipeline(RowSource(Self.rows(2)), [alive, dead])
    try await before.open()
    _ = try await before.read(Self.window, moving: "live", age: .zero)
    var after = TestPipeline(
      source: RowSource(Self.rows(4)), mapping: PlainMapping(), sinks: [alive], state: before.state, time: .system)
    let failure = await #expect(throws: Failure.self) { try await after.open() }
    #expect(failure?.code.rawValue == "sink.removed" && failure?.exit == .configuration)
    #expect(after.state.pending == [1])
    try await after.open(forgetting: true)
    try await after.drain()
    #expect(after.state.pending.isEmpty && Array(after.state.checkpoint.sinks.keys) == ["alive"])
    _ = try await after.read(Self.window, moving: "live", age: .zero)
    #expect(alive.lines.count == 4)
  }

  @Test("beyond the journal's cap nothing more is fetched")
  func cap() async throws {
    let dead = MemorySink()
    dead.fail(with: Self.down)
    let source = RowSource(Self.rows(40))
    var pipeline = pipeline(source, [dead], cap: 40)
    try await pipeline.open()
    let failure = await #expect(throws: Failure.self) {
      try await pipeline.read(Self.window, moving: "live", age: .zero)
    }
    #expect(failure?.code.rawValue == "journal.full")
    #expect(source.asked.count < 8)
    #expect(pipeline.state.checkpoint.cursors.isEmpty)
  }

  @Test("an entry that was journaled but not committed is delivered again by the drain after opening")
  func recovery() async throws {
    var state = MemoryStore()
    var batch = Batch()
    PlainMapping().normalise(
      Page(bytes: Array("{}".utf8), rows: [0..<2]), created: Self.start, into: &batch, ledger: &state.ledger)
    _ = try state.journal(batch, cursors: ["live": Self.window.end])
    let sink = MemorySink()
    var pipeline = TestPipeline(
      source: RowSource([]), mapping: PlainMapping(), sinks: [sink], state: state, time: .system)
    try await pipeline.open()
    try await pipeline.drain()
    #expect(sink.lines == ["{}"])
    #expect(pipeline.state.checkpoint.cursors == ["live": Self.window.end])
    #expect(pipeline.state.checkpoint.sequence == 1 && pipeline.state.pending.isEmpty)
  }

  @Test("the cursor never passes the service's own clock less the lag, nor moves back")
  func serverClock() async throws {
    let server = Self.start + .seconds(600)
    var pipeline = pipeline(RowSource(Self.rows(3), serverDate: server), [MemorySink()])
    try await pipeline.open()
    _ = try await pipeline.read(Self.window, moving: "live", age: .seconds(60))
    #expect(pipeline.state.checkpoint.cursors == ["live": server - .seconds(60)])
    try pipeline.move(["live": Self.start])
    #expect(pipeline.state.checkpoint.cursors == ["live": server - .seconds(60)])
  }
}

/// Counts how often it is tried.
private final class DeadSink: Sink {
  let name = "dead"
  let attempts = Locked(0)

  func open(at position: SinkPosition?) async throws(Failure) -> SinkPosition { position ?? SinkPosition(sequence: 0) }

  func deliver(_ entry: JournalEntry, from position: SinkPosition) async throws(Failure) -> SinkPosition {
    attempts.update { $0 += 1 }
    throw PipelineTests.down
  }

  func close() async {}
}
