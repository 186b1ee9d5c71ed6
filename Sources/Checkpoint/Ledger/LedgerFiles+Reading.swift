// What is read of the ledger: the identities of a span of received times, and those that belong to no span.

internal import IntakeCore

extension LedgerFiles {
  /// False if no row of the span is on disk.
  func mayHold(_ span: Range<Int64>) -> Bool { segments.contains { $0.mayHold(span) } }

  /// The identities of rows inside their windows and received in the span, perhaps a few more.
  /// - Parameter span: in seconds since 1970.
  func slots(in span: Range<Int64>) throws(LedgerFault) -> [LedgerSlot] {
    var slots: [LedgerSlot] = []
    for segment in segments where segment.mayHold(span) {
      let range: Range<Int>
      switch segment.kind {
      case .log, .first: range = 0..<segment.length
      case .sorted(_, let end): range = try index(of: segment).bytes(in: span, precision: segment.precision, end: end)
      }
      try eachBlock(of: segment, in: range) { block, bytes in
        guard !block.isOutside, block.start < span.upperBound, block.end > span.lowerBound else { return }
        let from = span.lowerBound - block.step
        block.each(bytes) { if $0.seconds > from, $0.seconds < span.upperBound { slots.append($0.slot) } }
      }
    }
    return slots
  }

  /// The identities of rows outside of their windows, as far as they are not older than `since`. Where the first
  /// format does not say which these are, all that are not older.
  /// - Parameter since: in seconds since 1970.
  func outsideSlots(since: Int64) throws(LedgerFault) -> [LedgerSlot] {
    var slots: [LedgerSlot] = []
    for segment in segments where segment.newest >= since {
      let range: Range<Int>
      switch segment.kind {
      case .log, .first: range = 0..<segment.length
      case .sorted(let outside, let index): range = 0..<(segment.isCoarse ? index : outside)
      }
      try eachBlock(of: segment, in: range) { block, bytes in
        guard block.isOutside || block.step >= Age.precision, block.end > since else { return }
        block.each(bytes) { if $0.seconds >= since { slots.append($0.slot) } }
      }
    }
    return slots
  }

  private func index(of segment: LedgerSegment) throws(LedgerFault) -> LedgerIndex {
    guard case .sorted(_, let start) = segment.kind, start <= segment.length,
      let index = LedgerIndex(try read(segment, start..<segment.length))
    else { throw .corrupt(name: segment.name) }
    return index
  }

  private func eachBlock(
    of segment: LedgerSegment, in range: Range<Int>, _ body: (LedgerBlock, [UInt8]) -> Void
  ) throws(LedgerFault) {
    let bytes = try read(segment, range)
    guard let blocks = LedgerBlock.all(in: bytes) else { throw .corrupt(name: segment.name) }
    for block in blocks { body(block, bytes) }
  }
}
