// Sinks side by side: one that stands still costs the others nothing, and nothing is committed where nothing moved.

internal import IntakeTesting
import Testing

@testable internal import IntakeCore

@Suite struct DeliveryTests {
  typealias TestPipeline = Pipeline<RowSource, PlainMapping, MemoryStore>

  static let impatient = DeliveryLimits(prompt: .milliseconds(50), stall: .milliseconds(300))
  /// For sinks that are slow and take everything in the end, however busy the machine is.
  static let patient = DeliveryLimits(prompt: .milliseconds(50), stall: nil)
  static let window = PipelineTests.window

  func pipeline(
    _ sinks: [any Sink], rows: Int = 6, state: MemoryStore = MemoryStore(), limits: DeliveryLimits = Self.impatient
  ) -> TestPipeline {
    TestPipeline(
      source: RowSource(PipelineTests.rows(rows)), mapping: PlainMapping(), sinks: sinks, state: state,
      time: ManualClock(Self.window.end).source, limits: limits)
  }

  /// A store with so many pending entries for a sink of that name.
  func store(pending count: Int, for sink: String) throws -> MemoryStore {
    var state = MemoryStore()
    state.checkpoint.sinks[sink] = SinkPosition(sequence: 0)
    for number in 1...count {
      var batch = Batch()
      let page = Page(texts: ["{\"pending\":\(number)}"])
      PlainMapping().normalise(page, created: Self.window.start, into: &batch, ledger: &state.ledger)
      _ = try state.journal(batch, cursors: [:])
      state.checkpoint.sequence += 1
    }
    return state
  }

  @Test("a sink that stands still costs the others nothing, whichever comes first", arguments: [true, false])
  func standingStill(_ isFirst: Bool) async throws {
    let (stuck, alive) = (GatedSink("stuck"), MemorySink(name: "alive"))
    var pipeline = pipeline(isFirst ? [stuck, alive] : [alive, stuck])
    try await pipeline.open()
    let tally = try await pipeline.delivering { (pipeline) async throws(Failure) in
      try await pipeline.read(Self.window, moving: "live", age: .zero)
    }
    #expect(tally.emitted == 6 && alive.lines.count == 6)
    #expect(pipeline.state.checkpoint.cursors == ["live": Self.window.end])
    #expect(pipeline.sinkFailures.mapValues(\.code.rawValue) == ["stuck": "sink.behind"])
    #expect(pipeline.sinkFailures["stuck"]?.exit == .tryLater)
    #expect(pipeline.state.pending == [1, 2, 3] && stuck.begun.value == 1)
  }

  @Test("a sink that was slow gets the rest from the journal, in order, before the pass ends")
  func catchingUp() async throws {
    let alive = MemorySink(name: "alive")
    let slow = GatedSink("slow") { alive.lines.count == 6 }
    var pipeline = pipeline([slow, alive], limits: Self.patient)
    try await pipeline.open()
    let tally = try await pipeline.delivering { (pipeline) async throws(Failure) in
      try await pipeline.read(Self.window, moving: "live", age: .zero)
    }
    #expect(tally.emitted == 6)
    #expect(slow.lines.value == alive.lines && pipeline.sinkFailures.isEmpty)
    #expect(pipeline.state.pending.isEmpty)
  }

  @Test(
    "while a page is on its way, what a slow sink acknowledges is committed, whatever the page before weighs",
    arguments: [0, 9 << 20])
  func tending(padding: Int) async throws {
    let alive = MemorySink(name: "alive")
    let slow = GatedSink("slow") { alive.lines.count >= 2 }
    let source = GatedSource(first: 2, padding: padding) { slow.lines.value.count >= 4 }
    var state = try store(pending: 4, for: "slow")
    state.checkpoint.sinks["alive"] = SinkPosition(sequence: 4)
    var pipeline = Pipeline(
      source: source, mapping: PlainMapping(), sinks: [slow, alive], state: state, time: .system,
      limits: Self.patient)
    try await pipeline.open()
    _ = try await pipeline.delivering { (pipeline) async throws(Failure) in
      try await pipeline.read(Self.window, moving: "live", age: .zero)
    }
    #expect(source.hasSeen.value && slow.lines.value.count == 6 && pipeline.state.pending.isEmpty)
  }

  @Test("a sink that takes every batch, and is slower than passes come, does not hold up the next pass")
  func lingering() async throws {
    let (slow, alive) = (GatedSink("slow", pause: 20_000) { true }, MemorySink(name: "alive"))
    var state = try store(pending: 2_000, for: "slow")
    state.checkpoint.sinks["alive"] = SinkPosition(sequence: 2_000)
    let limits = DeliveryLimits(prompt: .milliseconds(50), stall: nil, linger: .seconds(3))
    var pipeline = pipeline([slow, alive], state: state, limits: limits)
    try await pipeline.open()
    _ = try await pipeline.delivering { (pipeline) async throws(Failure) in
      try await pipeline.read(Self.window, moving: "live", age: .zero)
    }
    let taken = slow.lines.value.count
    #expect(alive.lines.count == 6 && pipeline.state.pending.last == 2_003)
    #expect(taken > 0 && pipeline.state.checkpoint.sinks["slow"]?.sequence == UInt64(taken))
    #expect(pipeline.sinkFailures.mapValues(\.code.rawValue) == ["slow": "sink.behind"])
  }

  @Test("a sink that is down commits nothing, however much waits for it")
  func noIdleCommits() async throws {
    let dead = MemorySink(name: "dead")
    dead.fail(with: PipelineTests.down)
    var pipeline = pipeline([dead, MemorySink(name: "alive")], rows: 0, state: try store(pending: 300, for: "dead"))
    try await pipeline.open()
    let before = pipeline.state.commits
    try await pipeline.drain()
    #expect(pipeline.state.commits == before && pipeline.state.pending.count == 300)
    #expect(pipeline.sinkFailures == ["dead": PipelineTests.down])
  }

  @Test("each batch is committed before the next one goes to the same sink: a crash repeats one at most")
  func oneInDoubt() async throws {
    let sink = MemorySink(name: "late")
    var pipeline = pipeline([sink], rows: 0, state: try store(pending: 50, for: "late"))
    try await pipeline.open()
    let before = pipeline.state.commits
    try await pipeline.drain()
    #expect(sink.lines.count == 50 && pipeline.state.commits == before + 50 && pipeline.state.pending.isEmpty)
  }

  @Test("a journal that fails is what the pass reports, not the commit of a slow sink that cannot follow")
  func journalFault() async throws {
    let full = Failure("state.full", exit: .ioError, "Writing the journal: no space left on device.")
    let alive = MemorySink(name: "alive")
    let slow = GatedSink("slow") { alive.lines.count == 4 }
    var state = MemoryStore()
    state.fault = (3, full)
    var pipeline = pipeline([slow, alive], state: state, limits: Self.patient)
    try await pipeline.open()
    await #expect(throws: full) {
      _ = try await pipeline.delivering { (pipeline) async throws(Failure) in
        _ = try await pipeline.read(Self.window, moving: "live", age: .zero)
      }
    }
    #expect(alive.lines.count == 4)
  }

  @Test("being stopped ends a sink that stands still; what others acknowledged is committed")
  func stopping() async throws {
    let (stuck, alive) = (GatedSink("stuck"), MemorySink(name: "alive"))
    let ended = await withTaskGroup(of: (failures: [String: Failure], state: MemoryStore)?.self) { group in
      group.addTask {
        var pipeline = TestPipeline(
          source: RowSource(PipelineTests.rows(2)), mapping: PlainMapping(), sinks: [stuck, alive],
          state: MemoryStore(), time: .system, limits: DeliveryLimits(prompt: .milliseconds(50), stall: nil))
        do {
          try await pipeline.open()
          _ = try await pipeline.read(Self.window, moving: "live", age: .zero)
        } catch { return nil }
        return (pipeline.sinkFailures, pipeline.state)
      }
      while stuck.begun.value == 0 || alive.lines.count < 2 { await Task.yield() }
      group.cancelAll()
      return await group.next() ?? nil
    }
    #expect(ended?.failures == ["stuck": .stopped])
    #expect(ended?.state.checkpoint.sinks["alive"]?.sequence == 1 && ended?.state.pending == [1])
  }
}

/// Two pages; the second comes once `isOpen` holds.
private final class GatedSource: Source {
  let provider = "graph"
  let widestWindow: Duration = .seconds(864_000)
  let retention: Duration = .seconds(864_000)
  let hasSeen = Locked(false)
  private let rows: Int
  /// Bytes behind the first page's rows.
  private let padding: Int
  private let isOpen: @Sendable () -> Bool

  init(first rows: Int, padding: Int, isOpen: @escaping @Sendable () -> Bool) {
    self.rows = rows
    self.padding = padding
    self.isOpen = isOpen
  }

  func page(_ window: Window, after cursor: PageCursor?) async throws(Failure) -> Page {
    guard cursor != nil else {
      var page = Page(texts: (0..<rows).map { "{\"row\":\($0)}" }, next: PageCursor(link: "2"))
      page.bytes += [UInt8](repeating: 0x20, count: padding)
      return page
    }
    let hasOpened = await Waiting.whileSleeping(until: isOpen)
    hasSeen.update { $0 = hasOpened }
    return Page(texts: [])
  }
}
