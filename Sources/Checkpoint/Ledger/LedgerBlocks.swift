// The blocks of a ledger segment: written, checked, read.

internal import IntakeCore

/// One block of identities under a checksum.
///
///     "MTS2" count:u32 sequence:u64 start:i64 step:u16 flags:u16 crc32c:u32   count × (high:u64 low:u64)
///
/// A slot's upper 16 bits say when its row was received: `start` and so many steps, in seconds since 1970.
struct LedgerBlock: Sendable, Equatable {
  /// Of the journal entry; 0 in a sorted segment.
  var sequence: UInt64
  var start: Int64
  /// Seconds; times are that precise.
  var step: Int64
  /// The rows had no time, or one outside of the window that was read.
  var isOutside: Bool
  /// Of the slots, in the bytes that the block was read from.
  var slots: Range<Int>

  static let magic: UInt32 = 0x3253_544D
  static let headLength = 32
  /// Slots in a block of a sorted segment: what is read for a few rows.
  static let most = 512
  /// The slots of one block lie within so many steps.
  static let mostSteps: Int64 = 65_535

  var count: Int { slots.count / LedgerSlot.length }
  /// With its head, in the bytes that the block was read from.
  var whole: Range<Int> { (slots.lowerBound - Self.headLength)..<slots.upperBound }
  /// After the time of every slot.
  var end: Int64 { start + (Self.mostSteps + 1) * step }

  /// Appends records as blocks.
  /// - Parameter records: those of several days in the order of their times.
  static func append(
    _ records: some RandomAccessCollection<LedgerRecord>, sequence: UInt64, step: Int64 = 1, isOutside: Bool,
    most: Int = .max, to bytes: inout [UInt8], index: inout [LedgerIndex.Place]
  ) {
    var rest = records[...]
    while let first = rest.first {
      var (start, end) = (first.seconds, first.seconds)
      let block = rest.prefix(most).prefix { record in
        (start, end) = (min(start, record.seconds), max(end, record.seconds))
        return (end - start) / step <= mostSteps
      }
      let earliest = block.reduce(first.seconds) { min($0, $1.seconds) }
      index.append(.init(start: earliest, offset: bytes.count))
      append(block, sequence: sequence, start: earliest, step: step, isOutside: isOutside, to: &bytes)
      rest = rest[block.endIndex...]
    }
  }

  private static func append(
    _ records: some Collection<LedgerRecord>, sequence: UInt64, start: Int64, step: Int64, isOutside: Bool,
    to bytes: inout [UInt8]
  ) {
    let head = bytes.count
    bytes.append(little: magic)
    bytes.append(little: UInt32(clamping: records.count))
    bytes.append(little: sequence)
    bytes.append(little: start)
    bytes.append(little: UInt16(clamping: step))
    bytes.append(little: UInt16(isOutside ? 1 : 0))
    let sumAt = bytes.count
    bytes.append(little: UInt32(0))
    for record in records {
      let slot = record.slot.marked(UInt16(clamping: (record.seconds - start) / step))
      bytes.append(little: slot.high)
      bytes.append(little: slot.low)
    }
    let sum = sum(bytes, head: head, slots: (sumAt + 4)..<bytes.count)
    for byte in 0..<4 { bytes[sumAt + byte] = UInt8(truncatingIfNeeded: sum >> UInt32(byte * 8)) }
  }

  private static func sum(_ bytes: [UInt8], head: Int, slots: Range<Int>) -> UInt32 {
    var crc = CRC32C()
    crc.update(bytes, head..<(head + headLength - 4))
    crc.update(bytes, slots)
    return crc.value
  }

  /// nil unless whole blocks with right checksums fill the bytes to the last.
  static func all(in bytes: [UInt8]) -> [LedgerBlock]? {
    var blocks: [LedgerBlock] = []
    var at = 0
    while at < bytes.count {
      guard let block = LedgerBlock(bytes, at: at) else { return nil }
      blocks.append(block)
      at = block.slots.upperBound
    }
    return blocks
  }

  private init?(_ bytes: [UInt8], at head: Int) {
    var reader = ByteReader(bytes, head..<bytes.count)
    guard reader.number(UInt32.self) == Self.magic, let count = reader.number(UInt32.self),
      let sequence = reader.number(UInt64.self), let start = reader.number(Int64.self),
      let step = reader.number(UInt16.self), step > 0, let flags = reader.number(UInt16.self),
      let sum = reader.number(UInt32.self), let slots = reader.take(Int(count) * LedgerSlot.length),
      sum == Self.sum(bytes, head: head, slots: slots), abs(start) <= Self.latest
    else { return nil }
    (self.sequence, self.start, self.step, self.slots) = (sequence, start, Int64(step), slots)
    isOutside = flags & 1 != 0
  }

  /// The end of the year 9999.
  private static let latest: Int64 = 253_402_300_799

  /// Calls `body` with each slot and its time.
  @inline(__always)
  func each(_ bytes: [UInt8], _ body: (LedgerRecord) -> Void) {
    let span = unsafe bytes.span.bytes
    for at in stride(from: slots.lowerBound, to: slots.upperBound, by: LedgerSlot.length) {
      let slot = unsafe LedgerSlot(
        high: UInt64(littleEndian: span.unsafeLoadUnaligned(fromByteOffset: at, as: UInt64.self)),
        low: UInt64(littleEndian: span.unsafeLoadUnaligned(fromByteOffset: at + 8, as: UInt64.self)))
      body(LedgerRecord(slot, seconds: start + Int64(slot.mark) * step))
    }
  }
}
