// The position of a column's value in the row: offsets only, 24 bytes.

/// The value of one column.
struct Slot {
  /// `unusable`: true, false, an object or an array.
  enum Kind: UInt8 { case string, number, unusable }

  var kind = Kind.string
  /// True if the text can be copied unchanged.
  var isClean = true
  /// True if `start` and `end` of the text are offsets into the decoded bytes.
  var isDecoded = false
  /// True if an address surely has no upper case.
  var isLower = false
  private var raw: (start: Int32, end: Int32)
  private var text: (start: Int32, end: Int32)
  private var atSign = Slot.noSign
  private static let noSign: Int32 = .min

  /// - Parameter range: in the page, without quotes.
  @inline(__always)
  init(_ kind: Kind, _ start: Int, _ end: Int) {
    self.kind = kind
    raw = (Int32(truncatingIfNeeded: start), Int32(truncatingIfNeeded: end))
    text = raw
  }

  /// The value in the page, without quotes.
  var rawStart: Int { Int(raw.start) }
  var rawEnd: Int { Int(raw.end) }
  /// The text with its escapes resolved: in the page, or in the decoded bytes.
  var start: Int { Int(text.start) }
  var end: Int { Int(text.end) }
  var isEmpty: Bool { text.start >= text.end }

  /// True for a text other than `<>` that can be copied unchanged.
  var isPlainText: Bool { kind == .string && isClean && !isDecoded && text.end &- text.start > 2 }

  /// Position of the only `@` of an address; nil if the address is ambiguous.
  var at: Int? {
    get { atSign == Self.noSign ? nil : Int(atSign) }
    set { atSign = newValue.map { Int32(truncatingIfNeeded: $0) } ?? Self.noSign }
  }

  /// Points to the text in the decoded bytes.
  mutating func setDecoded(_ start: Int, _ end: Int) {
    isDecoded = true
    isLower = false
    text = (Int32(truncatingIfNeeded: start), Int32(truncatingIfNeeded: end))
  }
}

/// A column that no rule names.
struct UnmappedColumn {
  var node: Int
  var keyStart: Int
  var keyEnd: Int
  var keyIsEscaped: Bool
  var value: Range<Int>
}
