// The ledger in the database: rows by hour of receipt, each a run of blocks as in a directory (LedgerBlock).

internal import IntakeCore

/// The hour in which a row was received, counted from 1970.
struct LedgerHour: Hashable, Comparable, Sendable {
  var number: Int64

  private static let length: Int64 = 3_600

  init(_ instant: Instant) { self.init(seconds: instant.wholeSeconds) }

  /// - Parameter seconds: since 1970.
  init(seconds: Int64) { number = seconds / Self.length - (seconds % Self.length < 0 ? 1 : 0) }

  static func < (left: LedgerHour, right: LedgerHour) -> Bool { left.number < right.number }
}

/// What one commit adds to the ledger: one run of blocks for each hour, and for rows outside of their window.
struct LedgerAddition {
  private struct Key: Hashable {
    var isOutside: Bool
    var hour: LedgerHour
  }

  private var blocks: [Key: [UInt8]] = [:]

  /// Adds the identities of one journal entry.
  mutating func add(_ entries: [Batch.Entry], sequence: UInt64) {
    add(entries.filter { !$0.isOutsideWindow }.map { LedgerRecord($0) }, isOutside: false, sequence: sequence)
    add(entries.filter(\.isOutsideWindow).map { LedgerRecord($0) }, isOutside: true, sequence: sequence)
  }

  mutating func add(_ records: [LedgerRecord], isOutside: Bool, sequence: UInt64) {
    for (hour, records) in Dictionary(grouping: records, by: { LedgerHour(seconds: $0.seconds) }) {
      var index: [LedgerIndex.Place] = []
      LedgerBlock.append(
        records, sequence: sequence, isOutside: isOutside,
        to: &blocks[Key(isOutside: isOutside, hour: hour), default: []], index: &index)
    }
  }

  var isEmpty: Bool { blocks.isEmpty }

  /// Three arrays of one length: whether outside (0 or 1), hour, blocks.
  var values: [DatabaseValue] {
    let sorted = blocks.sorted { ($0.key.hour, $0.key.isOutside ? 1 : 0) < ($1.key.hour, $1.key.isOutside ? 1 : 0) }
    return [
      .integers(sorted.map { $0.key.isOutside ? 1 : 0 }), .integers(sorted.map { $0.key.hour.number }),
      .byteArrays(sorted.map(\.value)),
    ]
  }
}
