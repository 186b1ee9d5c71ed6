// Test doubles for the core's protocols: a source made of rows, a store and a sink in memory, a clock that obeys.

package import IntakeCore
internal import Synchronization

/// A source that serves rows it holds; `pages` may fail as scripted.
package final class RowSource: Source {
  package struct Row: Sendable {
    package var received: Instant
    package var text: String
    package init(received: Instant, text: String) {
      self.received = received
      self.text = text
    }
  }

  package let provider = "graph"
  package let widestWindow: Duration
  package let retention: Duration
  private let pageSize: Int
  private let state: Mutex<State>

  private struct State {
    var rows: [Row]
    var failures: [Int: Failure]
    var asked: [(Window, PageCursor?)] = []
    var serverDate: Instant?
  }

  /// - Parameter failures: by number of the request, from 0: what it throws instead of a page.
  package init(
    _ rows: [Row], pageSize: Int = 2, failures: [Int: Failure] = [:], serverDate: Instant? = nil,
    widestWindow: Duration = .seconds(864_000), retention: Duration = .seconds(90 * 86_400)
  ) {
    self.pageSize = pageSize
    self.widestWindow = widestWindow
    self.retention = retention
    state = Mutex(State(rows: rows, failures: failures, serverDate: serverDate))
  }

  /// The windows asked for so far.
  package var asked: [Window] { state.withLock { $0.asked.map(\.0) } }

  package func add(_ row: Row) { state.withLock { $0.rows.append(row) } }

  package func page(_ window: Window, after cursor: PageCursor?) async throws(Failure) -> Page {
    let (failure, rows, date) = state.withLock { state in
      defer { state.asked.append((window, cursor)) }
      let inside = state.rows.filter { $0.received >= window.start && $0.received <= window.end }
      return (state.failures[state.asked.count], inside.sorted { $0.received > $1.received }, state.serverDate)
    }
    if let failure { throw failure }
    let first = cursor.flatMap { Int($0.link) } ?? 0
    let last = min(rows.count, first + pageSize)
    var bytes: [UInt8] = []
    var ranges: [Range<Int>] = []
    for row in rows[first..<max(first, last)] {
      let start = bytes.count
      bytes.append(contentsOf: Array(row.text.utf8))
      ranges.append(start..<bytes.count)
    }
    return Page(
      bytes: bytes, rows: ranges, next: last < rows.count ? PageCursor(link: "\(last)") : nil, serverDate: date)
  }
}

/// Each row is its own event and identity: its bytes, hashed.
package struct PlainMapping: Normalising {
  package init() {}

  package func normalise(_ page: Page, created: Instant, into batch: inout Batch, ledger: inout some Ledger) {
    for range in page.rows {
      batch.rows += 1
      var hash = SHA256()
      for byte in page.bytes[range] { hash.update(byte) }
      let words = hash.finish()
      let identity = Identity(high: words.0, low: words.1)
      guard ledger.insert(identity, received: created) else {
        batch.duplicates += 1
        continue
      }
      batch.bytes.append(contentsOf: page.bytes[range])
      batch.bytes.append(0x0A)
      batch.entries.append(.init(identity: identity, received: created, end: batch.bytes.count))
    }
  }
}

/// A ledger that is a set.
package struct MemoryLedger: Ledger, Sendable {
  package var known: Set<Identity> = []
  package init() {}
  package mutating func insert(_ identity: Identity, received: Instant) -> Bool { known.insert(identity).inserted }
}

/// A store without a disk, with the same rules; `failing` names the operation that fails next.
package struct MemoryStore: StateStore, Sendable {
  package var checkpoint = Checkpoint()
  package var ledger = MemoryLedger()
  package var entries: [JournalEntry] = []
  package var commits = 0

  package init() {}

  package var pending: [UInt64] { entries.map(\.sequence) }
  package var journalSize: Int { entries.reduce(0) { $0 + $1.bytes.count } }

  package mutating func journal(_ batch: Batch, cursors: [String: Instant]) throws(Failure) -> JournalEntry {
    let entry = JournalEntry(
      sequence: checkpoint.sequence + 1, bytes: batch.bytes, entries: batch.entries, cursors: cursors)
    entries.append(entry)
    return entry
  }

  package func entry(_ sequence: UInt64) throws(Failure) -> JournalEntry {
    guard let entry = entries.first(where: { $0.sequence == sequence }) else {
      throw Failure("state.gap", exit: .bug, "There is no entry \(sequence).")
    }
    return entry
  }

  package mutating func commit(_ next: Checkpoint) throws(Failure) {
    commits += 1
    checkpoint = next
    let slowest = next.sinks.values.map(\.sequence).min() ?? next.sequence
    entries.removeAll { $0.sequence <= min(next.sequence, slowest) }
  }

  package mutating func prune(before horizon: Instant) throws(Failure) {}
}

/// A sink that keeps what it is given and fails when told to.
package final class MemorySink: Sink {
  package let name: String
  private let state = Mutex<(bytes: [UInt8], failure: Failure?, isShut: Bool)>(([], nil, false))

  package init(name: String = "memory") { self.name = name }

  package var lines: [String] {
    state.withLock { String(decoding: $0.bytes, as: UTF8.self) }.split(separator: "\n").map(String.init)
  }

  /// nil heals it.
  package func fail(with failure: Failure?) { state.withLock { $0.failure = failure } }

  /// While it is shut, opening fails.
  package func shut(_ isShut: Bool) { state.withLock { $0.isShut = isShut } }

  package func open(at position: SinkPosition?) async throws(Failure) -> SinkPosition {
    guard !state.withLock({ $0.isShut }) else { throw Failure("sink.shut", exit: .cannotCreate, "The sink is shut.") }
    return position ?? SinkPosition(sequence: 0)
  }

  package func deliver(_ entry: JournalEntry, from position: SinkPosition) async throws(Failure) -> SinkPosition {
    let failure = state.withLock { state in
      if state.failure == nil { state.bytes += entry.bytes }
      return state.failure
    }
    if let failure { throw failure }
    return SinkPosition(sequence: entry.sequence)
  }

  package func close() async {}
}

/// A clock that stands still until it is moved; waiting moves it.
package final class ManualClock: Sendable {
  private let current: Mutex<Instant>

  package init(_ start: Instant) { current = Mutex(start) }

  package var now: Instant { current.withLock { $0 } }
  package func move(to instant: Instant) { current.withLock { $0 = instant } }
  package func advance(by duration: Duration) { current.withLock { $0 = $0 + duration } }

  package var source: TimeSource {
    TimeSource(
      now: { self.now },
      sleep: { duration async throws(CancellationError) in
        guard !Task.isCancelled else { throw CancellationError() }
        self.advance(by: duration)
      })
  }
}
