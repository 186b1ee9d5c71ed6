// Counts events by status and by age for the metrics.

internal import IntakeCore
internal import Synchronization

/// Numbers by metric and label value; they only grow, over all passes and restarts.
typealias Counters = [String: [String: Int]]

/// The normaliser, with its events counted.
struct CountingMapping<Base: Normalising>: Normalising {
  private let base: Base
  private let counted = EventCounts()

  init(_ base: Base) { self.base = base }

  func normalise(_ page: Page, created: Instant, into batch: inout Batch, ledger: inout some Ledger) {
    let before = batch.entries.count
    base.normalise(page, created: created, into: &batch, ledger: &ledger)
    counted.add(batch, from: before, at: created)
  }

  /// What has been counted since this was last called.
  func take() -> Counters { counted.take() }
}

/// Shared by the pipeline's copies of the mapping.
private final class EventCounts: Sendable {
  private let counters = Mutex<Counters>([:])
  /// Upper ends of the ages at which an event was first seen, in seconds: the usual revisits.
  private static let ages = [900, 3_600, 21_600, 86_400]

  func take() -> Counters {
    counters.withLock { counters in
      defer { counters = [:] }
      return counters
    }
  }

  func add(_ batch: Batch, from first: Int, at created: Instant) {
    var actions: [String: Int] = [:]
    var ages: [String: Int] = [:]
    var start = first == 0 ? 0 : batch.entries[first - 1].end
    for entry in batch.entries.dropFirst(first) {
      actions[Self.action(batch.bytes, entry, lineStart: start), default: 0] += 1
      ages[Self.bucket(created - entry.received), default: 0] += 1
      start = entry.end
    }
    counters.withLock { $0.add(["events": actions, "event_ages": ages].filter { !$0.value.isEmpty }) }
  }

  private static func bucket(_ age: Duration) -> String {
    ages.first { age <= .seconds($0) }.map(String.init) ?? "+Inf"
  }

  /// The value of `event.action`, as a label.
  private static func action(_ bytes: [UInt8], _ entry: Batch.Entry, lineStart: Int) -> String {
    guard !entry.status.isEmpty else { return "none" }
    let value = bytes[(lineStart + entry.status.lowerBound)..<(lineStart + entry.status.upperBound)]
    let isPlain = value.allSatisfy { $0 &- 0x30 <= 9 || ($0 | 0x20) &- 0x61 < 26 }
    return isPlain ? String(decoding: value, as: UTF8.self) : "other"
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
