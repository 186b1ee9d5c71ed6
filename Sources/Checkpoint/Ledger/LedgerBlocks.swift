// One segment's blocks: written, checked, and taken into the table.

internal import IntakeCore

/// The whole, checked blocks of a segment.
struct LedgerBlocks {
  private let bytes: [UInt8]
  private var blocks: [(sequence: UInt64, range: Range<Int>)] = []

  /// nil unless whole blocks with right checksums fill the bytes to the last.
  init?(_ bytes: [UInt8]) {
    self.bytes = bytes
    var at = 0
    while at < bytes.count {
      var reader = ByteReader(bytes, at..<bytes.count)
      guard reader.number(UInt32.self) == LedgerFiles.magic, let count = reader.number(UInt32.self),
        let sequence = reader.number(UInt64.self), let sum = reader.number(UInt32.self),
        reader.number(UInt32.self) == 0, let slots = reader.take(Int(count) * LedgerFiles.slotLength)
      else { return nil }
      var crc = CRC32C()
      crc.update(bytes, at..<(at + 16))
      crc.update(bytes, slots)
      guard crc.value == sum else { return nil }
      blocks.append((sequence, at..<slots.upperBound))
      at = slots.upperBound
    }
  }

  static func encode(_ slots: [LedgerTable.Slot], sequence: UInt64) -> [UInt8] {
    var head: [UInt8] = []
    head.append(little: LedgerFiles.magic)
    head.append(little: UInt32(clamping: slots.count))
    head.append(little: sequence)
    var body: [UInt8] = []
    body.reserveCapacity(LedgerFiles.headLength + slots.count * LedgerFiles.slotLength)
    for slot in slots {
      body.append(little: slot.high)
      body.append(little: slot.low)
    }
    var crc = CRC32C()
    crc.update(head, 0..<head.count)
    crc.update(body, 0..<body.count)
    head.append(little: crc.value)
    head.append(little: UInt32(0))
    return head + body
  }

  /// Takes all but the dropped blocks into the table. `bytes` is what the segment should hold from now on, nil if
  /// nothing of it was dropped.
  func insert(
    into table: inout LedgerTable, since: Age = Age(unit: 1), dropping dropped: Set<UInt64>, oldestDropped: inout Age?
  ) -> (newest: Age, bytes: [UInt8]?) {
    var newest = Age(unit: 1)
    var kept: [UInt8]?
    for (sequence, range) in blocks where dropped.contains(sequence) {
      kept = []
      eachSlot(range) { slot in oldestDropped = min(oldestDropped ?? slot.age, slot.age) }
    }
    for (sequence, range) in blocks where !dropped.contains(sequence) {
      kept?.append(contentsOf: bytes[range])
      eachSlot(range) { slot in
        newest = max(newest, slot.age)
        if slot.age >= since { table.insert(slot) }
      }
    }
    return (newest, kept)
  }

  @inline(__always)
  private func eachSlot(_ block: Range<Int>, _ body: (LedgerTable.Slot) -> Void) {
    let span = unsafe bytes.span.bytes
    for at in stride(from: block.lowerBound + LedgerFiles.headLength, to: block.upperBound, by: LedgerFiles.slotLength)
    {
      let high = unsafe span.unsafeLoadUnaligned(fromByteOffset: at, as: UInt64.self)
      let low = unsafe span.unsafeLoadUnaligned(fromByteOffset: at + 8, as: UInt64.self)
      body(LedgerTable.Slot(high: UInt64(littleEndian: high), low: UInt64(littleEndian: low)))
    }
  }
}
