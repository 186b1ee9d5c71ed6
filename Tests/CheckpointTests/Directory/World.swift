// A small tenant for fault tests: a source that never gives its rows twice in the same order, a mapping of one line a
// row, real state, real file sink.

internal import IntakeCore
internal import IntakeTesting
internal import Synchronization

@testable import Checkpoint
@testable import Sinks

/// Rows `w-p-r` of two windows with pages each; every fetch turns their order.
struct ShuffledSource: Source {
  let provider = "graph"
  let widestWindow = Duration.seconds(86_400)
  let retention = Duration.seconds(86_400)
  let pages: Int
  let rows: Int
  let turn: Int

  func page(_ window: Window, after cursor: PageCursor?) async throws(Failure) -> Page {
    let number = cursor.flatMap { Int($0.link) } ?? 0
    var page = Page(bytes: [], rows: [], serverDate: World.time)
    for index in 0..<rows {
      let row = "\(window.start.ticks)-\(number)-\((index + turn) % rows)"
      let start = page.bytes.count
      page.bytes.append(contentsOf: Array(row.utf8))
      page.rows.append(start..<page.bytes.count)
    }
    if number + 1 < pages { page.next = PageCursor(link: "\(number + 1)") }
    return page
  }
}

/// One line a row; its identity is the hash of the row. Every second row lies outside of its window.
struct LineMapping: Normalising {
  func normalise(_ page: Page, created: Instant, into batch: inout Batch, ledger: inout some Ledger) {
    for range in page.rows {
      batch.rows += 1
      let row = Array(page.bytes[range])
      let received = World.identity(row).low % 2 == 0 ? World.time : Instant(ticks: 5)
      guard ledger.insert(World.identity(row), received: received) else {
        batch.duplicates += 1
        continue
      }
      batch.bytes.append(contentsOf: Array("{\"row\":\"".utf8) + row + Array("\"}\n".utf8))
      batch.entries.append(
        Batch.Entry(identity: World.identity(row), received: received, end: batch.bytes.count))
    }
  }
}

/// One directory with state and output, run as often as a test likes.
struct World {
  static let time = Instant(seconds: 1_790_000_000)
  static let windows = [
    Window(start: Instant(ticks: 0), end: Instant(ticks: 10)),
    Window(start: Instant(ticks: 10), end: Instant(ticks: 20)),
  ]

  let folder: ScratchFolder
  var pages = 2
  var rows = 3
  private let turns = Turns()

  private final class Turns: Sendable {
    let count = Mutex(0)
  }

  init() throws { folder = try ScratchFolder() }

  var state: String { folder("state") }
  var output: String { folder("out.ndjson") }

  /// One pass: whatever window is not read yet. Throws what stopped it.
  func run(_ files: FileCalls = .system, sinks extra: [any Sink] = []) async throws(Failure) {
    let turn = turns.count.withLock { count in
      count += 1
      return count
    }
    let state = try StateDirectory.open(self.state, tenant: "contoso", log: .silent, files: files)
    defer { state.close() }
    let sink = FileSink(path: output, log: .silent, files: files)
    var pipeline = Pipeline(
      source: ShuffledSource(pages: pages, rows: rows, turn: turn), mapping: LineMapping(), sinks: [sink] + extra,
      state: state, time: TimeSource(now: { Self.time }))
    do throws(Failure) {
      try await pipeline.open()
      try await pipeline.drain()
      for window in Self.windows where pipeline.state.checkpoint.cursors["live"].map({ $0 < window.end }) ?? true {
        _ = try await pipeline.read(window, moving: "live", age: .zero)
      }
      try await pipeline.drain()
      if let failure = pipeline.sinkFailures.values.first { throw failure }
    } catch {
      await pipeline.close()
      throw error
    }
    await pipeline.close()
  }

  var expected: [String] {
    Self.windows.flatMap { window in
      (0..<pages).flatMap { page in
        (0..<rows).map { "{\"row\":\"\(window.start.ticks)-\(page)-\($0)\"}" }
      }
    }.sorted()
  }

  /// The output's lines, sorted, with whatever stands behind the last LF as one more.
  func lines() throws -> [String] {
    try folder.text("out.ndjson").split(separator: "\n", omittingEmptySubsequences: false).dropLast()
      .map(String.init).sorted() + (try folder.bytes("out.ndjson").last == 0x0A ? [] : ["<no line feed>"])
  }

  static func identity(_ row: [UInt8]) -> Identity {
    var hash = SHA256()
    hash.update(row)
    let words = hash.finish()
    return Identity(high: words.0, low: words.1)
  }
}
