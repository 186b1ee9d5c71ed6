// What the pipeline does with windows that the service cannot serve whole: read again, halved, left open.

internal import IntakeTesting
import Testing

@testable internal import IntakeCore

@Suite struct ReadingTests {
  @Test("the ledger keeps a row for as long as its window is read again, whatever time it claims")
  func farRow() async throws {
    let dead = MemorySink()
    dead.fail(with: PipelineTests.down)
    var pipeline = Pipeline(
      source: RowSource(PipelineTests.rows(1)), mapping: AncientMapping(), sinks: [dead], state: MemoryStore(),
      time: ManualClock(PipelineTests.window.end).source)
    try await pipeline.open()
    _ = try await pipeline.read(PipelineTests.window, moving: "live", age: .zero)
    #expect(pipeline.state.entries.flatMap(\.entries).map(\.received) == [PipelineTests.window.end])
  }

  @Test("a window whose fourth page always fails is read in pieces, each row once", arguments: [100, 400])
  func failingDepth(_ count: Int) async throws {
    let broken = Failure("source.dead_link", exit: .tryLater, "400.", recovery: .restartWindow)
    let sink = MemorySink()
    let rows = (0..<count).map {
      RowSource.Row(received: PipelineTests.start + .seconds($0 * 9), text: "{\"n\":\($0)}")
    }
    let source = RowSource(rows, pageSize: 10)
    source.fail { _, page in page == 3 ? broken : nil }
    var pipeline = PipelineTests().pipeline(source, [sink])
    try await pipeline.open()
    _ = try await pipeline.read(PipelineTests.window, moving: "live", age: .zero)
    #expect(sink.lines.count == count && Set(sink.lines).count == count)
    #expect(pipeline.state.checkpoint.cursors == ["live": PipelineTests.window.end])
    #expect(pipeline.state.checkpoint.openSpans.isEmpty && pipeline.unread.isEmpty)
  }

  @Test("a service that fails for every piece as well leaves the window open after a few requests")
  func failingEverywhere() async throws {
    let broken = Failure("source.busy", exit: .tryLater, "500.", recovery: .later(after: nil))
    let source = RowSource(PipelineTests.rows(100), pageSize: 10)
    source.fail { window, page in window.span < .seconds(3_600) || page == 3 ? broken : nil }
    var pipeline = PipelineTests().pipeline(source, [MemorySink()])
    try await pipeline.open()
    await #expect(throws: broken) { try await pipeline.read(PipelineTests.window, moving: "live", age: .zero) }
    #expect(source.asked.count < 20)
    #expect(pipeline.state.checkpoint.cursors.isEmpty && pipeline.state.checkpoint.openSpans.isEmpty)
  }

  @Test("a dead next link restarts the window, and a second one halves it")
  func restart() async throws {
    let stale = Failure("source.stale_link", exit: .tryLater, "Stale.", recovery: .restartWindow)
    let sink = MemorySink()
    var healing = PipelineTests().pipeline(RowSource(PipelineTests.rows(5), failures: [2: stale]), [sink])
    try await healing.open()
    _ = try await healing.read(PipelineTests.window, moving: "live", age: .zero)
    #expect(sink.lines.count == 5)
    let other = MemorySink()
    var dying = PipelineTests().pipeline(RowSource(PipelineTests.rows(5), failures: [1: stale, 3: stale]), [other])
    try await dying.open()
    _ = try await dying.read(PipelineTests.window, moving: "live", age: .zero)
    #expect(other.lines.count == 5 && Set(other.lines).count == 5)
  }

  @Test("a window that is too much is halved, older half first, until it fits")
  func halving() async throws {
    let large = Failure("source.too_large", exit: .tryLater, "Large.", recovery: .smallerWindow)
    let sink = MemorySink()
    let source = RowSource(PipelineTests.rows(5), pageSize: 100, failures: [0: large, 1: large])
    var pipeline = PipelineTests().pipeline(source, [sink])
    try await pipeline.open()
    _ = try await pipeline.read(PipelineTests.window, moving: "live", age: .zero)
    #expect(sink.lines.count == 5)
    #expect(source.asked.map { $0.span.components.seconds } == [3_600, 1_800, 900, 900, 1_800])
    #expect(pipeline.state.checkpoint.cursors == ["live": PipelineTests.window.end])
  }

  @Test("a next link that repeats ends the read with the window open")
  func linkLoop() async throws {
    var pipeline = Pipeline(
      source: LoopingSource(), mapping: PlainMapping(), sinks: [MemorySink()], state: MemoryStore(), time: .system)
    try await pipeline.open()
    let failure = await #expect(throws: Failure.self) {
      try await pipeline.read(PipelineTests.window, moving: "live", age: .zero)
    }
    #expect(failure?.code.rawValue == "source.link_loop")
    #expect(pipeline.state.checkpoint.cursors.isEmpty)
  }

  @Test("P02 ever new links without rows end the read with the window open")
  func endless() async throws {
    var pipeline = Pipeline(
      source: EndlessSource(), mapping: PlainMapping(), sinks: [MemorySink()], state: MemoryStore(), time: .system)
    try await pipeline.open()
    let failure = await #expect(throws: Failure.self) {
      try await pipeline.read(PipelineTests.window, moving: "live", age: .zero)
    }
    #expect(failure?.code.rawValue == "source.endless")
    #expect(pipeline.state.checkpoint.cursors.isEmpty)
  }
}

/// Rows that claim to be of the year 1.
private struct AncientMapping: Normalising {
  func normalise(_ page: Page, created: Instant, into batch: inout Batch, ledger: inout some Ledger) {
    let first = batch.entries.count
    PlainMapping().normalise(page, created: created, into: &batch, ledger: &ledger)
    for index in batch.entries.indices.dropFirst(first) { batch.entries[index].received = Instant(ticks: .min / 2) }
  }
}

/// Sends empty pages with a new link each.
private struct EndlessSource: Source {
  let provider = "graph"
  let widestWindow: Duration = .seconds(60)
  let retention: Duration = .seconds(60)

  func page(_ window: Window, after cursor: PageCursor?) async throws(Failure) -> Page {
    Page(bytes: [], rows: [], next: PageCursor(link: (cursor?.link ?? "") + "x"))
  }
}

/// Sends the same two links for ever.
private struct LoopingSource: Source {
  let provider = "graph"
  let widestWindow: Duration = .seconds(60)
  let retention: Duration = .seconds(60)

  func page(_ window: Window, after cursor: PageCursor?) async throws(Failure) -> Page {
    Page(bytes: [], rows: [], next: PageCursor(link: cursor?.link == "a" ? "b" : "a"))
  }
}
