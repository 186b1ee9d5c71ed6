// Records on their way into a sorted segment.

/// Collects records and encodes them in the order of time.
struct SortedSegment {
  /// Of the times, in seconds.
  let precision: Int64
  private var inside: [LedgerRecord] = []
  private var outside: [LedgerRecord] = []

  init(precision: Int64) { self.precision = precision }

  var isEmpty: Bool { inside.isEmpty && outside.isEmpty }

  mutating func add(_ block: LedgerBlock, _ bytes: [UInt8]) {
    if block.isOutside { outside.reserveCapacity(outside.count + block.count) }
    block.each(bytes) { add($0, isOutside: block.isOutside) }
  }

  mutating func add(_ record: LedgerRecord, isOutside: Bool) {
    if isOutside { outside.append(record) } else { inside.append(record) }
  }

  /// The segment and its bytes.
  func encoded(number: UInt64) -> (segment: LedgerSegment, bytes: [UInt8]) {
    var bytes: [UInt8] = []
    let count = inside.count + outside.count
    bytes.reserveCapacity(count * LedgerSlot.length + (count / LedgerBlock.most + 2) * 2 * LedgerBlock.headLength)
    var index: [LedgerIndex.Place] = []
    append(outside, isOutside: true, &bytes, &index)
    let outsideEnd = bytes.count
    index = []
    append(inside, isOutside: false, &bytes, &index)
    var segment = LedgerSegment(
      number: number, length: 0, kind: .sorted(outside: outsideEnd, index: bytes.count), precision: precision)
    bytes += LedgerIndex(index).bytes
    segment.length = bytes.count
    for record in inside { segment.note(record.seconds) }
    for record in outside { segment.note(record.seconds) }
    return (segment, bytes)
  }

  private func append(
    _ records: [LedgerRecord], isOutside: Bool, _ bytes: inout [UInt8], _ index: inout [LedgerIndex.Place]
  ) {
    LedgerBlock.append(
      records.sorted { $0.seconds < $1.seconds }, sequence: 0, step: precision, isOutside: isOutside,
      most: LedgerBlock.most, to: &bytes, index: &index)
  }
}
