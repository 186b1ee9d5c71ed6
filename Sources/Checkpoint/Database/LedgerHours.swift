// The ledger in the database: rows by hour of receipt, each a run of blocks, a block the identities of one journal entry.
//
//     "MTH1" count:u32 sequence:u64 crc32c:u32 zero:u32   count × (high:u64 low:u64)

internal import IntakeCore

/// The hour in which a row was received, counted from 1970.
struct LedgerHour: Hashable, Comparable, Sendable {
  var number: Int64

  private static let ticks: Int64 = 3_600 * Instant.perSecond

  init(number: Int64) { self.number = number }

  init(_ instant: Instant) {
    let whole = instant.ticks / Self.ticks
    number = instant.ticks % Self.ticks < 0 ? whole - 1 : whole
  }

  /// Its first instant; saturates.
  var start: Instant {
    let (ticks, overflow) = number.multipliedReportingOverflow(by: Self.ticks)
    return Instant(ticks: overflow ? (number < 0 ? .min : .max) : ticks)
  }

  static func < (left: LedgerHour, right: LedgerHour) -> Bool { left.number < right.number }
}

/// What one commit adds to the ledger: one run of blocks for each hour, and for rows outside of their window.
struct LedgerAddition {
  struct Key: Hashable {
    var isOutside: Bool
    var hour: LedgerHour
  }

  private var blocks: [Key: [UInt8]] = [:]

  /// Adds the identities of one journal entry.
  mutating func add(_ entries: [Batch.Entry], sequence: UInt64) {
    var identities: [Key: [Identity]] = [:]
    for entry in entries {
      identities[Key(isOutside: entry.isOutsideWindow, hour: LedgerHour(entry.received)), default: []]
        .append(entry.identity)
    }
    for (key, identities) in identities {
      blocks[key, default: []] += HourBlocks.encode(identities, sequence: sequence)
    }
  }

  /// Three arrays of one length: whether outside (0 or 1), hour, blocks.
  var values: [DatabaseValue] {
    let sorted = blocks.sorted { ($0.key.hour, $0.key.isOutside ? 1 : 0) < ($1.key.hour, $1.key.isOutside ? 1 : 0) }
    return [
      .integers(sorted.map { $0.key.isOutside ? 1 : 0 }), .integers(sorted.map { $0.key.hour.number }),
      .byteArrays(sorted.map(\.value)),
    ]
  }
}

/// A run of blocks.
enum HourBlocks {
  private static let magic: UInt32 = 0x3148_544D
  private static let slotLength = 16

  static func encode(_ identities: [Identity], sequence: UInt64) -> [UInt8] {
    var head: [UInt8] = []
    head.append(little: magic)
    head.append(little: UInt32(clamping: identities.count))
    head.append(little: sequence)
    var body: [UInt8] = []
    body.reserveCapacity(identities.count * slotLength)
    for identity in identities {
      body.append(little: identity.high)
      body.append(little: identity.low)
    }
    var crc = CRC32C()
    crc.update(head, 0..<head.count)
    crc.update(body, 0..<body.count)
    head.append(little: crc.value)
    head.append(little: UInt32(0))
    return head + body
  }

  /// Calls `body` with each identity.
  /// - Returns: false unless whole blocks with right checksums fill the bytes to the last.
  static func decode(_ bytes: [UInt8], _ body: (Identity) -> Void) -> Bool {
    var at = 0
    while at < bytes.count {
      var reader = ByteReader(bytes, at..<bytes.count)
      guard reader.number(UInt32.self) == magic, let count = reader.number(UInt32.self),
        reader.number(UInt64.self) != nil, let sum = reader.number(UInt32.self), reader.number(UInt32.self) == 0,
        let slots = reader.take(Int(count) * slotLength)
      else { return false }
      var crc = CRC32C()
      crc.update(bytes, at..<(at + 16))
      crc.update(bytes, slots)
      guard crc.value == sum else { return false }
      var words = ByteReader(bytes, slots)
      while let high = words.number(UInt64.self), let low = words.number(UInt64.self) {
        body(Identity(high: high, low: low))
      }
      at = slots.upperBound
    }
    return true
  }
}
