// The columns of the row before: the rows of a page or a file have the same ones in the same order, so that their shape is
// found once and checked with one comparison a column, and the row's end and its values are found on the way.

/// The keys of one row with what stands between them and their values.
package struct RowTemplate: Sendable {
  private struct Key: Sendable, Equatable {
    /// From the opening quote to the value, in words with the first byte lowest, then zeros.
    var text = SIMD4<UInt64>()
    /// All ones where `text` counts.
    var mask = SIMD4<UInt64>()
    var length = 0
    /// Of the name alone.
    var nameLength = 0
  }

  /// Of a key with its colon: four words.
  private static let longestKey = 32
  /// Rows with more columns are looked at anew each time.
  private static let mostKeys = 64

  private var keys: [Key] = []
  /// True if all names are of plain characters.
  private var isPlain = true
  /// Sets of columns that were learned, the first ones: a row of one of them is known again after another row.
  private var models: [[Key]] = []
  private static let mostModels = 8
  /// Tells one set of columns from another: its place in `models`, counted from 1, or a number of its own.
  private var version = 0
  private var unlisted = 0

  package init() {}

  /// Takes the columns of a whole row; a row that is no usual one leaves nothing that any row could match.
  package mutating func learn(_ span: RawSpan, _ row: Range<Int>) {
    keys.removeAll(keepingCapacity: true)
    isPlain = true
    var found: [Key] = []
    var index = row.lowerBound
    do {
      try span.forEachMember(&index) { place, index throws(JSONFault) in
        let start = place.lowerBound - 1
        guard index - start <= Self.longestKey, found.count < Self.mostKeys else { throw JSONFault(start, .tooDeep) }
        found.append(Self.key(span, start, index, name: place))
        isPlain = isPlain && place.allSatisfy { Self.isUsual(span.byte($0)) }
        try span.skipLoosely(&index)
      }
    } catch { return }
    keys = found
    version = version(of: found)
  }

  private mutating func version(of keys: [Key]) -> Int {
    if let index = models.firstIndex(of: keys) { return index + 1 }
    guard models.count < Self.mostModels else {
      unlisted += 1
      return Self.mostModels + unlisted
    }
    models.append(keys)
    return models.count
  }

  private static func isUsual(_ byte: UInt8) -> Bool { byte >= .space && byte < 0x7F && byte != .backslash }

  private static func key(_ span: RawSpan, _ start: Int, _ end: Int, name: Range<Int>) -> Key {
    var key = Key()
    key.length = end - start
    key.nameLength = name.count
    for offset in 0..<(end - start) {
      let shift = UInt64(offset & 7) * 8
      key.text[offset >> 3] |= UInt64(span.byte(start + offset)) << shift
      key.mask[offset >> 3] |= 0xFF << shift
    }
    return key
  }

  /// Where the object that begins at `start` ends, if it has exactly these columns in this order, each with a text without
  /// control characters or a plain value; nil, and nothing said of the row, for everything else.
  /// - Parameters:
  ///   - start: where its brace stands.
  ///   - span: the text.
  ///   - cells: gets the places of the row's values, or that they are not known.
  package func end(of start: Int, in span: RawSpan, _ cells: inout RowCells) -> Int? {
    guard !keys.isEmpty, span.byte(start) == .openBrace else { return nil }
    var isNoted = isPlain && span.byteCount <= Int(UInt32.max) && cells.begin(version, columns: keys.count)
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
      let first = index
      guard Self.skipValue(span, &index, &isNoted) else { return nil }
      if isNoted { cells.note(place, first, index) }
      if span.byte(index) <= .space { span.skipSpace(&index) }
    }
    guard span.byte(index) == .closeBrace else { return nil }
    let row = start..<(index + 1)
    if isNoted { cells.keep(row, version, columns: keys.count) { names($0) } } else { cells.skip() }
    return row.upperBound
  }

  /// Where the names stand before values.
  private func names(_ values: (Int) -> Int) -> [Range<Int>] {
    keys.indices.map { place in
      let start = values(place) - keys[place].length + 1
      return start..<(start + keys[place].nameLength)
    }
  }

  @inline(__always)
  private func isKey(_ key: Key, at index: Int, in span: RawSpan) -> Bool {
    guard index >= 0, index &+ Self.longestKey <= span.byteCount else { return false }
    let found = unsafe span.unsafeLoadUnaligned(fromUncheckedByteOffset: index, as: SIMD4<UInt64>.self)
    return (found & key.mask) == key.text
  }

  /// Past a text, a number or a word; false where something else stands, or what cannot be on a line.
  /// - Parameter isUsual: set to false for what has to be looked into.
  @inline(__always)
  private static func skipValue(_ span: RawSpan, _ index: inout Int, _ isUsual: inout Bool) -> Bool {
    if span.byte(index) == .quote { return skipUsualText(span, &index, &isUsual) }
    let start = index
    var digits = 0
    while span.isDigit(span.byte(index)) { index &+= 1 }
    digits = index &- start
    while isPlain(span.byte(index)) { index &+= 1 }
    if index &- start != digits || (digits > 1 && span.byte(start) == 0x30) {
      if index &- start != 4 || !span.matches(start, "null") { isUsual = false }
    }
    return index > start
  }

  /// Past a text of printable ASCII without escapes, or past any other one.
  @inline(__always)
  private static func skipUsualText(_ span: RawSpan, _ index: inout Int, _ isUsual: inout Bool) -> Bool {
    var at = index &+ 1
    while at >= 0, at &+ 8 <= span.byteCount {
      let word = unsafe UInt64(littleEndian: span.unsafeLoadUnaligned(fromUncheckedByteOffset: at, as: UInt64.self))
      let special = RawSpan.special(word)
      guard special != 0 else {
        at &+= 8
        continue
      }
      at &+= special.trailingZeroBitCount >> 3
      guard span.byte(at) == .quote else { break }
      index = at &+ 1
      return true
    }
    isUsual = false
    return skipText(span, &index)
  }

  /// Past a text; false where it holds a control character, and near the end of the span.
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
