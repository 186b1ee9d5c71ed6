// What opening a state may have to change in the ledger: the first format, and identities of damaged journal entries.

internal import IntakeCore

extension LedgerFiles {
  /// Writes segments of the first format as sorted ones, and what some sink has not acknowledged of them as a log.
  /// False where there are none. The caller replaces the checkpoint next.
  /// - Parameter acknowledged: up to this entry no sink lacks anything.
  mutating func convert(acknowledged: UInt64) throws(LedgerFault) -> Bool {
    guard segments.contains(where: { $0.kind == .first }) else { return false }
    var converted = segments.filter { $0.kind != .first }
    var number = nextNumber
    var waiting: [UInt8] = []
    for segment in segments where segment.kind == .first {
      guard let blocks = FirstBlocks(try read(segment)) else { throw .corrupt(name: segment.name) }
      var sorted = SortedSegment(precision: Age.precision)
      for (sequence, records) in blocks.all {
        if sequence <= acknowledged {
          for record in records { sorted.add(record, isOutside: false) }
        } else {
          var index: [LedgerIndex.Place] = []
          LedgerBlock.append(
            records, sequence: sequence, step: Age.precision, isOutside: false, to: &waiting, index: &index)
        }
      }
      guard !sorted.isEmpty else { continue }
      converted.append(try write(sorted, number: number))
      number += 1
    }
    if let log = try writeLog(LedgerBlock.all(in: waiting) ?? [], waiting, number: number) { converted.append(log) }
    replace(with: converted)
    return true
  }

  /// Drops the identities of damaged entries: their events have to be read again.
  ///
  /// They are all in the log, for no sink lacks what a sorted segment holds. The old log stays until the checkpoint is
  /// replaced, for it still names it.
  /// - Parameter latest: no cursor is later.
  /// - Returns: where the reading has to begin again, in seconds since 1970; nil where nothing was dropped.
  mutating func drop(_ damaged: Set<UInt64>, latest: Int64) throws(LedgerFault) -> Int64? {
    guard !damaged.isEmpty, let log else { return nil }
    let bytes = try read(log)
    guard let blocks = LedgerBlock.all(in: bytes) else { throw .corrupt(name: log.name) }
    var oldest: Int64?
    for block in blocks where damaged.contains(block.sequence) {
      block.each(bytes) { record in
        let seconds = min(record.seconds, latest) - (block.isOutside ? Self.widestWindow : 0)
        oldest = min(oldest ?? seconds, seconds)
      }
    }
    guard let oldest else { return nil }
    let kept = blocks.filter { !damaged.contains($0.sequence) }
    let rest = try writeLog(kept, bytes, number: log.number + 1)
    replace(with: segments.dropLast() + (rest.map { [$0] } ?? []))
    return oldest
  }

  /// A row outside of its window was in the answer for some window, in seconds.
  private static var widestWindow: Int64 { Window.widest.components.seconds }
}

/// The blocks of a segment in the first format.
///
///     "MTS1" count:u32 sequence:u64 crc32c:u32 zero:u32   count × (high:u64 low:u64)
///
/// A slot's upper 16 bits are an ``Age``.
struct FirstBlocks {
  private(set) var all: [(sequence: UInt64, records: [LedgerRecord])] = []

  private static let magic: UInt32 = 0x3153_544D

  /// nil unless whole blocks with right checksums fill the bytes to the last.
  init?(_ bytes: [UInt8]) {
    var at = 0
    while at < bytes.count {
      var reader = ByteReader(bytes, at..<bytes.count)
      guard reader.number(UInt32.self) == Self.magic, let count = reader.number(UInt32.self),
        let sequence = reader.number(UInt64.self), let sum = reader.number(UInt32.self),
        reader.number(UInt32.self) == 0, let slots = reader.take(Int(count) * LedgerSlot.length)
      else { return nil }
      var crc = CRC32C()
      crc.update(bytes, at..<(at + 16))
      crc.update(bytes, slots)
      guard crc.value == sum else { return nil }
      all.append((sequence, Self.records(bytes, slots)))
      at = slots.upperBound
    }
  }

  private static func records(_ bytes: [UInt8], _ slots: Range<Int>) -> [LedgerRecord] {
    var reader = ByteReader(bytes, slots)
    var records: [LedgerRecord] = []
    records.reserveCapacity(slots.count / LedgerSlot.length)
    while let high = reader.number(UInt64.self), let low = reader.number(UInt64.self) {
      let slot = LedgerSlot(high: high, low: low)
      records.append(LedgerRecord(slot, seconds: Age(unit: slot.mark).seconds))
    }
    return records
  }
}
