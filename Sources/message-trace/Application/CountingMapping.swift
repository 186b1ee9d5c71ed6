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
  private static let ages: [Int64] = [900, 3_600, 21_600, 86_400]

  func take() -> Counters {
    counters.withLock { counters in
      defer { counters = [:] }
      return counters
    }
  }

  func add(_ batch: Batch, from first: Int, at created: Instant) {
    // Few statuses, many events: a label is made once for each status.
    let bytes = unsafe batch.bytes.span.bytes
    var actions: [(status: Range<Int>, count: Int)] = []
    var ages = [Int](repeating: 0, count: Self.ages.count + 1)
    var start = first == 0 ? 0 : batch.entries[first - 1].end
    for entry in batch.entries[first...] {
      let status = (start + entry.status.lowerBound)..<(start + entry.status.upperBound)
      if let index = actions.firstIndex(where: { Self.areSame(bytes, $0.status, status) }) {
        actions[index].count += 1
      } else {
        actions.append((status, 1))
      }
      ages[Self.bucket(created.ticks.subtractingReportingOverflow(entry.received.ticks))] += 1
      start = entry.end
    }
    var counted: Counters = [:]
    for (status, count) in actions { counted.add("events", Self.label(batch.bytes[status]), count) }
    for (index, count) in ages.enumerated() where count > 0 {
      counted.add("event_ages", index < Self.ages.count ? "\(Self.ages[index])" : "+Inf", count)
    }
    counters.withLock { $0.add(counted) }
  }

  @inline(__always)
  private static func areSame(_ bytes: RawSpan, _ left: Range<Int>, _ right: Range<Int>) -> Bool {
    guard left.count == right.count else { return false }
    for offset in 0..<left.count
    where bytes.byte(left.lowerBound + offset) != bytes.byte(right.lowerBound + offset) { return false }
    return true
  }

  private static func bucket(_ age: (partialValue: Int64, overflow: Bool)) -> Int {
    guard !age.overflow else { return ages.count }
    for index in ages.indices where age.partialValue <= ages[index] * Instant.perSecond { return index }
    return ages.count
  }

  private static func label(_ status: ArraySlice<UInt8>) -> String {
    guard !status.isEmpty else { return "none" }
    let isPlain = status.allSatisfy { $0 &- 0x30 <= 9 || ($0 | 0x20) &- 0x61 < 26 }
    return isPlain ? String(decoding: status, as: UTF8.self) : "other"
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
