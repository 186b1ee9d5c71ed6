// Counting what goes by, page by page: events by status and by age, for the metrics. Costs one search a line.

internal import Configuration
internal import IntakeCore
internal import Normaliser
internal import Synchronization

/// Numbers by metric and label value; they only grow, over all passes and restarts.
typealias Counters = [String: [String: Int]]

/// The normaliser, with its events counted.
struct CountingMapping: Normalising {
  private let base: RowNormaliser
  private let counted = EventCounts()

  init(_ base: RowNormaliser) { self.base = base }

  func normalise(_ page: Page, created: Instant, into batch: inout Batch, ledger: inout some Ledger) {
    let before = batch.entries.count
    base.normalise(page, created: created, into: &batch, ledger: &ledger)
    counted.add(batch, from: before, at: created)
  }

  /// What has been counted since this was last called.
  func take() -> Counters { counted.take() }

  /// The last instant at which a page went by, nil if none has: a sign of life.
  var lastPage: Instant? { counted.lastPage }
}

/// Shared by the pipeline's copies of the mapping.
private final class EventCounts: Sendable {
  private struct State {
    var counters: Counters = [:]
    var lastPage: Instant?
  }

  private let state = Mutex(State())
  /// Upper ends of the ages at which an event was first seen, in seconds: the usual revisits.
  private static let ages = [900, 3_600, 21_600, 86_400]
  private static let key: StaticString = "\"event.action\":\""

  var lastPage: Instant? { state.withLock { $0.lastPage } }

  func take() -> Counters {
    state.withLock { state in
      defer { state.counters = [:] }
      return state.counters
    }
  }

  func add(_ batch: Batch, from first: Int, at created: Instant) {
    var actions: [String: Int] = [:]
    var ages: [String: Int] = [:]
    var start = first == 0 ? 0 : batch.entries[first - 1].end
    for entry in batch.entries.dropFirst(first) {
      actions[Self.action(batch.bytes, start..<entry.end), default: 0] += 1
      ages[Self.bucket(created - entry.received), default: 0] += 1
      start = entry.end
    }
    state.withLock { state in
      state.lastPage = created
      state.counters.add(["events": actions, "event_ages": ages].filter { !$0.value.isEmpty })
    }
  }

  private static func bucket(_ age: Duration) -> String {
    ages.first { age <= .seconds($0) }.map(String.init) ?? "+Inf"
  }

  /// The value of `event.action`; quotes inside of values are escaped, so the key cannot be forged by mail.
  private static func action(_ bytes: [UInt8], _ line: Range<Int>) -> String {
    let found = value(of: key, in: unsafe bytes.span.bytes, line)
    guard let found else { return "none" }
    let isPlain = bytes[found].allSatisfy { $0 &- 0x30 <= 9 || ($0 | 0x20) &- 0x61 < 26 }
    return isPlain && !found.isEmpty ? String(decoding: bytes[found], as: UTF8.self) : "other"
  }
}

extension EventCounts {
  /// The bytes between the key and the next quote; nil if the line has no such key.
  private static func value(of key: StaticString, in bytes: RawSpan, _ line: Range<Int>) -> Range<Int>? {
    var index = line.lowerBound
    while index < line.upperBound {
      // Two bytes of the key tell nearly all other places apart.
      if bytes.byte(index + 7) == 0x61, bytes.byte(index) == 0x22, bytes.matches(index, key) {
        let start = index + key.utf8CodeUnitCount
        let end = (start..<max(start, min(start + 64, line.upperBound))).first { bytes.byte($0) == 0x22 }
        return end.map { start..<$0 }
      }
      index += 1
    }
    return nil
  }
}

extension Counters {
  mutating func add(_ other: Counters) {
    for (name, values) in other {
      for (label, count) in values { self[name, default: [:]][label, default: 0] &+= count }
    }
  }

  mutating func add(_ name: String, _ label: String = "", _ count: Int) {
    self[name, default: [:]][label, default: 0] &+= count
  }
}
