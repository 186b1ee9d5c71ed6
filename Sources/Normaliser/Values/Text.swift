// The content of a JSON string: whether it can be copied unchanged, and how to repair it otherwise.

internal import IntakeCore

/// Walks over text bytes; every function is total over any bytes.
enum Text {
  /// Longer values are cut.
  static let longest = 32_768
  static let longestOriginal = 262_144

  struct Findings {
    var flags: RowFlags = []
    /// True if the bytes can be copied into an event unchanged.
    var isClean = true
  }

  /// Looks at the content of a string between its quotes. Throws for an invalid escape.
  static func inspect(_ span: RawSpan, _ start: Int, _ end: Int) throws(JSONFault) -> Findings {
    var findings = Findings()
    var index = start
    while index < end {
      let byte = span.byte(index)
      switch byte {
      case .backslash:
        try inspectEscape(span, &index, end, &findings)
      case 0..<0x20:
        findings.isClean = false
        findings.flags.insert(.controlCharacter)
        index += 1
      case 0x7F:
        findings.isClean = false
        index += 1
      case 0x80...:
        let (scalar, length) = scalar(span, index, end)
        if scalar == invalid { findings.flags.insert(.invalidUTF8) }
        if scalar == invalid || mustEscape(scalar) { findings.isClean = false }
        index += length
      default:
        index += 1
      }
    }
    return findings
  }

  /// Throws if any string inside contains an invalid escape.
  static func checkEscapes(_ span: RawSpan, _ value: Range<Int>) throws(JSONFault) {
    var index = value.lowerBound
    while index < value.upperBound {
      guard span.byte(index) == .quote else {
        index += 1
        continue
      }
      let start = index + 1
      if try span.skipString(&index).contains(.escaped) { _ = try inspect(span, start, index - 1) }
    }
  }

  private static func inspectEscape(
    _ span: RawSpan, _ index: inout Int, _ end: Int, _ findings: inout Findings
  ) throws(JSONFault) {
    guard index + 1 < end else { throw JSONFault(index, .badEscape) }
    switch span.byte(index + 1) {
    case .quote, .backslash, 0x2F, 0x62, 0x66, 0x6E, 0x72, 0x74: index += 2
    case 0x75:
      guard let unit = JSONText.hexUnit(span, index, end: end) else { throw JSONFault(index, .badEscape) }
      index += 6
      guard unit & 0xF800 == 0xD800 else { return }
      if unit < 0xDC00, let low = JSONText.hexUnit(span, index, end: end), low & 0xFC00 == 0xDC00 {
        index += 6
      } else {
        findings.isClean = false
        findings.flags.insert(.loneSurrogate)
      }
    default: throw JSONFault(index, .badEscape)
    }
  }

  /// Appends the content of a string with its escapes resolved; other bytes stay.
  /// - Parameter keepsSurrogates: lone ones become the three bytes that UTF-8 would have for them (WTF-8), else U+FFFD.
  static func decode(
    _ span: RawSpan, _ start: Int, _ end: Int, to output: inout [UInt8], keepsSurrogates: Bool = false
  ) {
    var index = start
    while index < end {
      let byte = span.byte(index)
      if byte == .backslash, index + 1 < end {
        decodeEscape(span, &index, end, to: &output, keepsSurrogates)
      } else {
        output.append(byte)
        index += 1
      }
    }
  }

  private static func decodeEscape(
    _ span: RawSpan, _ index: inout Int, _ end: Int, to output: inout [UInt8], _ keepsSurrogates: Bool
  ) {
    let escape = span.byte(index + 1)
    guard escape == 0x75, let unit = JSONText.hexUnit(span, index, end: end) else {
      let plain: UInt8 =
        switch escape {
        case 0x62: 0x08
        case 0x66: 0x0C
        case 0x6E: .lineFeed
        case 0x72: .carriageReturn
        case 0x74: .tab
        default: escape
        }
      output.append(plain)
      index += 2
      return
    }
    index += 6
    var scalar = UInt32(unit)
    if unit & 0xFC00 == 0xD800, let low = JSONText.hexUnit(span, index, end: end), low & 0xFC00 == 0xDC00 {
      scalar = 0x1_0000 + (UInt32(unit & 0x3FF) << 10 | UInt32(low & 0x3FF))
      index += 6
    } else if unit & 0xF800 == 0xD800, !keepsSurrogates {
      scalar = 0xFFFD
    }
    append(scalar, to: &output)
  }

  /// UTF-8 of a scalar value, WTF-8 of a surrogate.
  private static func append(_ scalar: UInt32, to output: inout [UInt8]) {
    let low = { (shift: UInt32) in UInt8(truncatingIfNeeded: scalar >> shift & 0x3F | 0x80) }
    switch scalar {
    case 0..<0x80: output.append(UInt8(truncatingIfNeeded: scalar))
    case 0x80..<0x800:
      output.append(UInt8(truncatingIfNeeded: scalar >> 6 | 0xC0))
      output.append(low(0))
    case 0x800..<0x1_0000:
      output.append(UInt8(truncatingIfNeeded: scalar >> 12 | 0xE0))
      output.append(low(6))
      output.append(low(0))
    default:
      output.append(UInt8(truncatingIfNeeded: scalar >> 18 | 0xF0))
      output.append(low(12))
      output.append(low(6))
      output.append(low(0))
    }
  }

  /// What `scalar` gives for bytes that are not UTF-8.
  static let invalid = UInt32.max

  /// The scalar at `index` and its length; for ill-formed bytes `invalid` and the length of the maximal subpart.
  /// Source: Unicode 16.0, table 3-7 and section 3.9, "U+FFFD Substitution of Maximal Subparts".
  static func scalar(_ span: RawSpan, _ index: Int, _ end: Int) -> (scalar: UInt32, length: Int) {
    let lead = span.byte(index)
    let count: Int
    var range: ClosedRange<UInt8> = 0x80...0xBF
    switch lead {
    case 0..<0x80: return (UInt32(lead), 1)
    case 0xC2...0xDF: count = 1
    case 0xE0...0xEF:
      count = 2
      if lead == 0xE0 { range = 0xA0...0xBF }
      if lead == 0xED { range = 0x80...0x9F }
    case 0xF0...0xF4:
      count = 3
      if lead == 0xF0 { range = 0x90...0xBF }
      if lead == 0xF4 { range = 0x80...0x8F }
    default: return (invalid, 1)
    }
    var scalar = UInt32(lead) & (0x3F >> UInt32(count))
    for step in 1...count {
      let byte = span.byte(index + step)
      guard index + step < end, range.contains(byte) else { return (invalid, step) }
      scalar = scalar << 6 | UInt32(byte & 0x3F)
      range = 0x80...0xBF
    }
    return (scalar, count + 1)
  }

  /// C1 controls and the line separators, on which consumers of lines may split.
  static func mustEscape(_ scalar: UInt32) -> Bool {
    (0x80...0x9F).contains(scalar) || scalar == 0x2028 || scalar == 0x2029
  }
}
