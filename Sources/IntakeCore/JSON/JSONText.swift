// JSON strings to text and back. One writer for all that the program writes outside the hot path.

package enum JSONText {
  /// Unescapes the content of a string (without its quotes) to UTF-8. Lone surrogates and invalid UTF-8 become U+FFFD.
  package static func unescape(_ bytes: RawSpan, _ range: Range<Int>) throws(JSONFault) -> String {
    var output: [UInt8] = []
    output.reserveCapacity(range.count)
    var index = range.lowerBound
    while index < range.upperBound {
      let byte = bytes.byte(index)
      guard byte == .backslash else {
        output.append(byte)
        index += 1
        continue
      }
      try unescapeOne(bytes, &index, end: range.upperBound, to: &output)
    }
    return String(decoding: output, as: UTF8.self)
  }

  /// One escape sequence at `index`, appended as UTF-8.
  package static func unescapeOne(
    _ bytes: RawSpan, _ index: inout Int, end: Int, to output: inout [UInt8]
  ) throws(JSONFault) {
    let escape = index + 1 < end ? bytes.byte(index + 1) : 0
    switch escape {
    case .quote, .backslash, 0x2F: output.append(escape)
    case 0x62: output.append(0x08)
    case 0x66: output.append(0x0C)
    case 0x6E: output.append(.lineFeed)
    case 0x72: output.append(.carriageReturn)
    case 0x74: output.append(.tab)
    case 0x75:
      try unescapeUnicode(bytes, &index, end: end, to: &output)
      return
    default: throw JSONFault(index, .badEscape)
    }
    index += 2
  }

  private static func unescapeUnicode(
    _ bytes: RawSpan, _ index: inout Int, end: Int, to output: inout [UInt8]
  ) throws(JSONFault) {
    guard let first = hexUnit(bytes, index, end: end) else { throw JSONFault(index, .badEscape) }
    index += 6
    var scalar = UInt32(first)
    if first & 0xFC00 == 0xD800, let second = hexUnit(bytes, index, end: end), second & 0xFC00 == 0xDC00 {
      scalar = 0x10000 + (UInt32(first & 0x3FF) << 10 | UInt32(second & 0x3FF))
      index += 6
    }
    output.append(contentsOf: UTF8.encode(Unicode.Scalar(scalar) ?? "\u{FFFD}").map(Array.init) ?? [])
  }

  /// The code unit of `\uXXXX` at `index`, nil if it is not one.
  package static func hexUnit(_ bytes: RawSpan, _ index: Int, end: Int) -> UInt16? {
    guard index + 6 <= end, bytes.byte(index) == .backslash, bytes.byte(index + 1) == 0x75 else { return nil }
    var unit: UInt16 = 0
    for offset in 2..<6 {
      guard let digit = hexDigit(bytes.byte(index + offset)) else { return nil }
      unit = unit << 4 | UInt16(digit)
    }
    return unit
  }

  package static func hexDigit(_ byte: UInt8) -> UInt8? {
    switch byte {
    case 0x30...0x39: byte - 0x30
    case 0x41...0x46: byte - 0x37
    case 0x61...0x66: byte - 0x57
    default: nil
    }
  }

  /// Appends a quoted string: quotes, backslashes, controls, DEL, C1 controls and U+2028/2029 are escaped.
  package static func append(_ text: String, to output: inout [UInt8]) {
    output.append(.quote)
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\"", "\\":
        output.append(.backslash)
        output.append(UInt8(truncatingIfNeeded: scalar.value))
      case "\0"..<" ", "\u{7F}"..<"\u{A0}", "\u{2028}", "\u{2029}":
        appendUnicodeEscape(UInt16(truncatingIfNeeded: scalar.value), to: &output)
      default:
        output.append(contentsOf: Array(String(scalar).utf8))
      }
    }
    output.append(.quote)
  }

  /// Appends `\uXXXX`.
  package static func appendUnicodeEscape(_ unit: UInt16, to output: inout [UInt8]) {
    output.append(.backslash)
    output.append(0x75)
    for shift in stride(from: 12, through: 0, by: -4) {
      let digit = UInt8(truncatingIfNeeded: unit >> UInt16(shift)) & 0xF
      output.append(digit < 10 ? 0x30 + digit : 0x57 + digit)
    }
  }

  package static func quoted(_ text: String) -> String {
    var bytes: [UInt8] = []
    append(text, to: &bytes)
    return String(decoding: bytes, as: UTF8.self)
  }
}
