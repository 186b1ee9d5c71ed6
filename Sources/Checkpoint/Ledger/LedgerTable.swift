// The identities already delivered, in memory: 20 to 30 bytes each, found with one cache miss.

package import IntakeCore

/// The identities that were delivered, in parts that grow one by one: growing needs little memory beside the table's own.
///
/// Identities are bits of a hash already: the upper bits of their low word choose the part, the next ones the place in it.
package struct LedgerTable: Ledger, Sendable {
  /// As in memory and on disk.
  struct Slot: Sendable, Equatable {
    var high: UInt64
    var low: UInt64

    static let empty = Slot(high: 0, low: 0)

    init(high: UInt64, low: UInt64) {
      self.high = high
      self.low = low
    }

    init(_ identity: Identity, _ age: Age) {
      high = identity.high & 0x0000_FFFF_FFFF_FFFF | UInt64(age.unit) << 48
      low = identity.low
    }

    var age: Age { Age(unit: UInt16(truncatingIfNeeded: high >> 48)) }
    var isEmpty: Bool { high >> 48 == 0 }
  }

  /// 64 parts: the bits that choose one.
  static let partBits: UInt64 = 6

  private var parts: [LedgerPart]
  /// Nothing in the table is older.
  private(set) var oldest = Age.last

  /// - Parameter expecting: room for so many without growing, as long as they are spread evenly.
  init(expecting: Int = 0) {
    let part = LedgerPart(expecting: expecting >> Self.partBits)
    parts = [LedgerPart](repeating: part, count: 1 << Self.partBits)
  }

  package var count: Int { parts.reduce(0) { $0 + $1.count } }

  /// Bytes of the table.
  var size: Int { parts.reduce(0) { $0 + $1.capacity * MemoryLayout<Slot>.stride } }

  package mutating func insert(_ identity: Identity, received: Instant) -> Bool {
    insert(Slot(identity, Age(received)))
  }

  /// True if it was not there yet. The later of both ages stays.
  @discardableResult
  mutating func insert(_ slot: Slot) -> Bool {
    guard parts[Int(truncatingIfNeeded: slot.low >> (64 - Self.partBits))].insert(slot) else { return false }
    oldest = min(oldest, slot.age)
    return true
  }

  /// Removes what is older than `age`, in place.
  mutating func prune(before age: Age) {
    guard oldest < age else { return }
    oldest = age
    for index in parts.indices { parts[index].prune(before: age) }
  }
}

/// A received time as coarse as pruning needs it: 6 hours a unit from 2020 to 2064, saturating at both ends.
package struct Age: Sendable, Comparable {
  /// 1 to 65535; 0 marks an empty slot.
  let unit: UInt16

  static let last = Age(unit: .max)
  private static let base = Instant(seconds: 1_577_836_800)
  private static let ticksPerUnit: Int64 = 6 * 3_600 * Instant.perSecond

  init(unit: UInt16) { self.unit = unit }

  init(_ instant: Instant) {
    let units = (instant - Self.base).ticks / Self.ticksPerUnit
    unit = UInt16(clamping: max(0, min(units, 65_534)) + 1)
  }

  /// The first instant of the unit.
  var start: Instant {
    Instant(ticks: Self.base.ticks + (Int64(max(unit, 1)) - 1) * Self.ticksPerUnit)
  }

  package static func < (left: Age, right: Age) -> Bool { left.unit < right.unit }
}
