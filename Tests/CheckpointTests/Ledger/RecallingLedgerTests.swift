// Whatever windows are read, however often the state is opened, and whatever times the service claims: each row is
// delivered once.

internal import Glibc
internal import IntakeCore
internal import IntakeTesting
internal import Synchronization
internal import Testing

@testable import Checkpoint

@Suite("Ledger by time of receipt")
struct RecallingLedgerTests {
  static let start = Instant(seconds: 1_790_000_000)

  @Test("random windows over rows with odd times give each row once", arguments: [1, 2, 3, 4])
  func odd(seed: UInt64) async throws {
    let folder = try ScratchFolder()
    var random = SeededRandom(seed: seed)
    let source = OddSource(rows: 600, hours: 9, seed: seed)
    let sink = MemorySink()
    for _ in 0..<30 {
      let state = try StateDirectory.open(folder("state"), tenant: "contoso", log: .silent)
      defer { state.close() }
      var pipeline = Pipeline(
        source: source, mapping: OddMapping(), sinks: [sink], state: state,
        time: TimeSource(now: { Self.start + .seconds(10 * 3_600) }))
      try await pipeline.open()
      try await pipeline.drain()
      for _ in 0..<3 {
        let span = [60, 600, 3_600, 6 * 3_600].randomElement(using: &random) ?? 60
        let begin = Self.start + .seconds(Int.random(in: 0..<(9 * 3_600 - span / 2), using: &random))
        _ = try await pipeline.read(Window(start: begin, end: begin + .seconds(span)), moving: nil, age: .zero)
      }
      #expect(pipeline.state.ledger.size < 64 << 10)
    }
    #expect(Set(sink.lines).count == sink.lines.count, "\(sink.lines.count - Set(sink.lines).count) repeats")
    #expect(source.served.count > 500 && Set(sink.lines) == source.served)
    #expect(source.oddities > 100)
  }

  private func ledger(_ folder: ScratchFolder, _ rows: Int, seconds: Int64, files: FileCalls = .system) throws
    -> RecallingLedger
  {
    let directory = try FileCalls.system.open(folder.path, O_RDONLY | O_DIRECTORY)
    var ledger = RecallingLedger(LedgerFiles(directory, segments: [], files: files))
    for first in stride(from: 0, to: rows, by: 2_000) {
      let entries = (first..<(first + 2_000)).map {
        Batch.Entry(identity: Self.identity($0), received: Self.time($0, rows, seconds), end: 1)
      }
      try ledger.record(entries, sequence: UInt64(first + 1), acknowledged: .max, isNew: true)
      try ledger.removeReplaced()
    }
    return ledger
  }

  private static func identity(_ number: Int) -> Identity {
    let high = UInt64(number + 1) &* 0x9E37_79B9_7F4A_7C15
    return Identity(high: high, low: high ^ high >> 29)
  }

  private static func time(_ number: Int, _ rows: Int, _ seconds: Int64) -> Instant {
    start + .ticks(Int64(number) * seconds * Instant.perSecond / Int64(rows))
  }

  @Test("reading a day over the ledger needs the memory of its busiest hour, 32 bytes an identity")
  func memory() throws {
    let folder = try ScratchFolder()
    let rows = 240_000
    var ledger = try ledger(folder, rows, seconds: 86_400)
    ledger.recall(Self.start..<(Self.start + .seconds(86_400)))
    var most = 0
    for number in (0..<rows).reversed() {
      let isNew = ledger.insert(Self.identity(number), received: Self.time(number, rows, 86_400))
      #expect(!isNew)
      if number % 500 == 0 { most = max(most, ledger.size) }
    }
    #expect(most <= rows / 24 * 32, "\(most) bytes")
  }

  @Test("a ledger that is not looked at is not read")
  func lazy() throws {
    let folder = try ScratchFolder()
    let plan = FileFaultPlan.watching()
    var ledger = try ledger(folder, 40_000, seconds: 86_400, files: plan.files)
    let before = plan.seen.count
    ledger.recall(Self.start..<(Self.start + .seconds(86_400)))
    #expect(plan.seen.count == before)
    let far = Self.start + .seconds(300_000)
    ledger.recall(far..<(far + .seconds(60)))
    let isNew = ledger.insert(Self.identity(1 << 40), received: far + .seconds(1))
    #expect(isNew && plan.seen.count <= before + 2)
  }
}

/// Rows with a true time, served for every window that holds it, and claiming another one now and then.
private final class OddSource: Source {
  let provider = "graph"
  let widestWindow = Duration.seconds(864_000)
  let retention = Duration.seconds(90 * 86_400)
  private let times: [Instant]
  private let state: Mutex<State>

  private struct State {
    var random: SeededRandom
    var served: Set<String> = []
    var oddities = 0
  }

  init(rows: Int, hours: Int, seed: UInt64) {
    var random = SeededRandom(seed: seed &+ 100)
    times = (0..<rows).map { _ in
      RecallingLedgerTests.start + .milliseconds(Int.random(in: 0..<(hours * 3_600_000), using: &random))
    }
    state = Mutex(State(random: random))
  }

  var served: Set<String> { state.withLock { $0.served } }
  var oddities: Int { state.withLock { $0.oddities } }

  func page(_ window: Window, after cursor: PageCursor?) async throws(Failure) -> Page {
    let texts = state.withLock { state in
      times.indices.filter { times[$0] >= window.start && times[$0] <= window.end }.map { number in
        state.served.insert("\(number)")
        let claimed = Self.claim(number, times[number], &state.random)
        if claimed != times[number] { state.oddities += 1 }
        return "\(number)/\(claimed.map { "\($0.ticks)" } ?? "")"
      }
    }
    return Page(texts: texts, serverDate: RecallingLedgerTests.start + .seconds(36_000))
  }

  /// Most rows keep their time, rounded by one service; some never have it, some now and then.
  private static func claim(_ number: Int, _ time: Instant, _ random: inout SeededRandom) -> Instant? {
    let rounded = Instant(ticks: time.ticks - time.ticks % Instant.perSecond + (number % 2 == 0 ? 0 : 10_000_000))
    switch (number % 20, Bool.random(using: &random)) {
    case (0, _): return nil
    case (1, true): return nil
    case (2, _): return time + .seconds(86_400 * 300)
    case (3, true): return time - .seconds(86_400 * 3)
    case (4, true): return time + .seconds(7 * 3_600)
    case (_, true): return rounded
    case (_, false): return time
    }
  }
}

/// One event a row: the number before the stroke is its identity, what comes after it its time in ticks.
private struct OddMapping: Normalising {
  func normalise(_ page: Page, created: Instant, into batch: inout Batch, ledger: inout some Ledger) {
    for range in page.rows {
      let parts = String(decoding: page.bytes[range], as: UTF8.self).split(
        separator: "/", omittingEmptySubsequences: false)
      let claimed = Int64(parts[1]).map { Instant(ticks: $0) }
      let identity = World.identity(Array(parts[0].utf8))
      batch.rows += 1
      guard ledger.insert(identity, received: claimed ?? .latest) else { continue }
      batch.bytes += Array(parts[0].utf8) + [0x0A]
      var entry = Batch.Entry(identity: identity, received: claimed ?? created, end: batch.bytes.count)
      entry.isOutsideWindow = claimed == nil
      batch.entries.append(entry)
    }
  }
}
