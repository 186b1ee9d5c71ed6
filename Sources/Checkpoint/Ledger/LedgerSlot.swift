// What the ledger holds of one delivered event.

internal import IntakeCore

/// 112 bits of an identity, and 16 bits in place of the upper ones of `high`: in a block on disk when its row was
/// received, counted from the block's start; in a table in memory 1, where 0 marks an empty place.
///
/// Two of five million identities share 112 bits with a chance of 2⁻⁶⁸.
struct LedgerSlot: Sendable, Equatable {
  var high: UInt64
  var low: UInt64

  static let empty = LedgerSlot(high: 0, low: 0)
  /// Bytes on disk.
  static let length = 16
  private static let identityBits: UInt64 = 0x0000_FFFF_FFFF_FFFF

  init(high: UInt64, low: UInt64) {
    self.high = high
    self.low = low
  }

  init(_ identity: Identity) { self.init(high: identity.high, low: identity.low, mark: 1) }

  /// - Parameter mark: the upper 16 bits.
  init(high: UInt64, low: UInt64, mark: UInt16) {
    self.high = high & Self.identityBits | UInt64(mark) << 48
    self.low = low
  }

  var mark: UInt16 { UInt16(truncatingIfNeeded: high >> 48) }
  var isEmpty: Bool { mark == 0 }

  /// The same identity with another mark.
  func marked(_ mark: UInt16) -> LedgerSlot { LedgerSlot(high: high, low: low, mark: mark) }

  @inline(__always)
  func isSame(as other: LedgerSlot) -> Bool { low == other.low && (high ^ other.high) << 16 == 0 }
}

/// A slot and its row's received time, in seconds since 1970.
struct LedgerRecord: Sendable, Equatable {
  var slot: LedgerSlot
  var seconds: Int64

  init(_ slot: LedgerSlot, seconds: Int64) {
    self.slot = slot
    self.seconds = seconds
  }

  init(_ entry: Batch.Entry) { self.init(LedgerSlot(entry.identity), seconds: entry.received.wholeSeconds) }
}

extension Instant {
  /// Seconds since 1970 rounded down, within the years 1 to 9999.
  var wholeSeconds: Int64 {
    let ticks = representableTicks
    let seconds = ticks / Instant.perSecond
    return ticks % Instant.perSecond < 0 ? seconds - 1 : seconds
  }
}
