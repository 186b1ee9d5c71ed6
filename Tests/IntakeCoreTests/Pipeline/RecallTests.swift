// What the pipeline asks of the ledger before rows are mapped, and what it says of rows outside of their window.

internal import IntakeTesting
import Testing

@testable internal import IntakeCore

@Suite struct RecallTests {
  private static let margin = Duration.seconds(60)

  @Test("the ledger is asked for each window with rows, and for none without")
  func windows() async throws {
    let (sink, start) = (MemorySink(), PipelineTests.start)
    var pipeline = PipelineTests().pipeline(RowSource(PipelineTests.rows(7)), [sink])
    try await pipeline.open()
    let empty = Window(start: start - .seconds(3_600), end: start - .seconds(1))
    for window in [empty, PipelineTests.window, empty] {
      _ = try await pipeline.read(window, moving: nil, age: .zero)
    }
    #expect(pipeline.state.recalls == [(start - Self.margin)..<(PipelineTests.window.end + Self.margin)])
  }

  @Test("events added outside of any window need no span, and the ledger finds them at any time")
  func added() async throws {
    let dead = MemorySink()
    dead.fail(with: PipelineTests.down)
    var pipeline = PipelineTests().pipeline(RowSource(PipelineTests.rows(1)), [dead])
    try await pipeline.open()
    _ = try await pipeline.read(PipelineTests.window, moving: nil, age: .zero)
    _ = try await pipeline.add(Page(texts: ["{\"n\":\"detail\"}"]), by: PlainMapping())
    #expect(pipeline.state.recalls.last?.isEmpty == true)
    #expect(pipeline.state.entries.map { $0.entries.map(\.isOutsideWindow) } == [[false], [true]])
  }

  @Test(
    "a row outside of its window is marked, one at its rounded edge is not",
    arguments: [(0, false), (3_600, false), (-1, false), (3_601, false), (-11, true), (3_611, true), (900_000, true)])
  func outside(seconds: Int, isOutside: Bool) async throws {
    let dead = MemorySink()
    dead.fail(with: PipelineTests.down)
    let mapping = ClaimingMapping(received: PipelineTests.start + .seconds(seconds))
    var pipeline = Pipeline(
      source: RowSource(PipelineTests.rows(1)), mapping: mapping, sinks: [dead], state: MemoryStore(),
      time: ManualClock(PipelineTests.window.end).source)
    try await pipeline.open()
    _ = try await pipeline.read(PipelineTests.window, moving: nil, age: .zero)
    #expect(pipeline.state.entries.flatMap(\.entries).map(\.isOutsideWindow) == [isOutside])
  }
}

/// Rows that claim a time.
private struct ClaimingMapping: Normalising {
  let received: Instant

  func normalise(_ page: Page, created: Instant, into batch: inout Batch, ledger: inout some Ledger) {
    let first = batch.entries.count
    PlainMapping().normalise(page, created: created, into: &batch, ledger: &ledger)
    for index in batch.entries.indices.dropFirst(first) { batch.entries[index].received = received }
  }
}
