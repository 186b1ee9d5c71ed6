// The columns of the row before: a file's rows have the same ones in the same order, so that its shape is found once and
// checked with one comparison a column.

internal import IntakeCore

/// The keys of one row with what stands between them and their values.
struct RowTemplate: Sendable {
  private struct Key: Sendable {
    /// From the opening quote to the value, in words with the first byte lowest, then zeros.
    var text = SIMD4<UInt64>()
    /// All ones where `text` counts.
    var mask = SIMD4<UInt64>()
    var length = 0
  }

  /// Of a key with its colon: four words.
  private static let longestKey = 32
  /// Rows with more columns are looked at anew each time.
  private static let mostKeys = 64

  private var keys: [Key] = []

  /// Takes the columns of a whole row; a row that is no usual one leaves nothing that any row could match.
  mutating func learn(_ span: RawSpan, _ row: Range<Int>) {
    keys.removeAll(keepingCapacity: true)
    var found: [Key] = []
    var index = row.lowerBound
    do {
      try span.forEachMember(&index) { place, index throws(JSONFault) in
        let start = place.lowerBound - 1
        guard index - start <= Self.longestKey, found.count < Self.mostKeys else { throw JSONFault(start, .tooDeep) }
        found.append(Self.key(span, start, index))
        try span.skipLoosely(&index)
      }
    } catch { return }
    keys = found
  }

  private static func key(_ span: RawSpan, _ start: Int, _ end: Int) -> Key {
    var key = Key()
    key.length = end - start
    for offset in 0..<(end - start) {
      let shift = UInt64(offset & 7) * 8
      key.text[offset >> 3] |= UInt64(span.byte(start + offset)) << shift
      key.mask[offset >> 3] |= 0xFF << shift
    }
    return key
  }

  /// Where the object that begins at `start` ends, if it has exactly these columns in this order, each with a text without
  /// control characters or a plain value; nil for everything else.
  func end(of start: Int, in span: RawSpan) -> Int? {
    guard !keys.isEmpty, span.byte(start) == .openBrace else { return nil }
    var index = start + 1
    if span.byte(index) <= .space { span.skipSpace(&index) }
    for place in keys.indices {
      if place > 0 {
        guard span.byte(index) == .comma else { return nil }
        index += 1
        if span.byte(index) <= .space { span.skipSpace(&index) }
      }
      guard isKey(keys[place], at: index, in: span) else { return nil }
      index += keys[place].length
      guard Self.skipPlain(span, &index) else { return nil }
      if span.byte(index) <= .space { span.skipSpace(&index) }
    }
    return span.byte(index) == .closeBrace ? index + 1 : nil
  }

  @inline(__always)
  private func isKey(_ key: Key, at index: Int, in span: RawSpan) -> Bool {
    guard index >= 0, index &+ Self.longestKey <= span.byteCount else { return false }
    let found = unsafe span.unsafeLoadUnaligned(fromUncheckedByteOffset: index, as: SIMD4<UInt64>.self)
    return (found & key.mask) == key.text
  }

  /// Past a text, a number or a word; false where something else stands, or what cannot be on a line.
  @inline(__always)
  private static func skipPlain(_ span: RawSpan, _ index: inout Int) -> Bool {
    if span.byte(index) == .quote { return skipText(span, &index) }
    let start = index
    while isPlain(span.byte(index)) { index += 1 }
    return index > start
  }

  /// Past a text; false where it holds a control character, and near the end of the span.
  @inline(__always)
  private static func skipText(_ span: RawSpan, _ index: inout Int) -> Bool {
    let ones: UInt64 = 0x0101_0101_0101_0101
    var at = index &+ 1
    while at >= 0, at &+ 8 <= span.byteCount {
      let word = unsafe UInt64(littleEndian: span.unsafeLoadUnaligned(fromUncheckedByteOffset: at, as: UInt64.self))
      // Of the high bits that are set the lowest is sure: what is below a quote, a backslash, a control character, borrows.
      let marks = ((word ^ ones &* 0x22) &- ones) | ((word ^ ones &* 0x5C) &- ones) | (word &- ones &* 0x20)
      let stops = marks & ~word & 0x8080_8080_8080_8080
      guard stops != 0 else {
        at &+= 8
        continue
      }
      at &+= stops.trailingZeroBitCount >> 3
      switch span.byte(at) {
      case .quote:
        index = at &+ 1
        return true
      case .backslash: at &+= 2
      default: return false
      }
    }
    return false
  }

  /// True for what numbers, `true`, `false` and `null` are made of.
  @inline(__always)
  private static func isPlain(_ byte: UInt8) -> Bool {
    byte &- 0x30 <= 9 || byte &- 0x61 < 26 || byte == UInt8(ascii: "-") || byte == UInt8(ascii: ".")
      || byte == UInt8(ascii: "E") || byte == UInt8(ascii: "+")
  }
}
