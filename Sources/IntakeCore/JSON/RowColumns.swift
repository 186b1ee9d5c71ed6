// The members of one JSON object as text, by name without regard to case. Tolerant: odd strings are read as they can be.

/// What a row holds at its top level.
package struct RowColumns: Sendable {
  /// Strings unescaped, other scalars as written; `null`, arrays and objects are left out.
  private var texts: [String: String] = [:]
  /// Where each value stands that is an array or object.
  package private(set) var raw: [String: Range<Int>] = [:]

  /// nil if `bytes` are no JSON object.
  package init?(_ bytes: [UInt8]) {
    let span = unsafe bytes.span.bytes
    guard (try? read(span)) != nil else { return nil }
  }

  /// The first of these columns that is there and not empty; else empty.
  package func text(_ names: String...) -> String {
    for name in names {
      if let text = texts[name], !text.isEmpty { return text }
    }
    return ""
  }

  package func instant(_ names: String...) -> Instant? {
    for name in names {
      guard let text = texts[name] else { continue }
      let bytes = Array(text.utf8)
      let literal = unsafe Timestamp.parseDateLiteral(bytes.span.bytes, 0..<bytes.count)
      if let instant = Timestamp.parse(text) ?? literal { return instant }
    }
    return nil
  }

  private mutating func read(_ span: RawSpan) throws(JSONFault) {
    var index = 0
    try span.forEachMember(&index) { key, index throws(JSONFault) in
      let start = index
      try span.skipLoosely(&index)
      take(Self.unescape(span, key).lowercasedASCII, span, start..<index)
    }
  }

  private mutating func take(_ name: String, _ span: RawSpan, _ range: Range<Int>) {
    switch span.byte(range.lowerBound) {
    case .quote: texts[name] = Self.unescape(span, (range.lowerBound + 1)..<(range.upperBound - 1))
    case .openBracket, .openBrace: raw[name] = range
    case 0x6E: break
    default: texts[name] = Self.unescape(span, range)
    }
  }

  /// Text with a broken escape is taken as it stands.
  private static func unescape(_ span: RawSpan, _ range: Range<Int>) -> String {
    if let text = try? JSONText.unescape(span, range) { return text }
    return String(decoding: range.map { span.byte($0) }, as: UTF8.self)
  }

  /// Where each element of an array stands; empty if it is none.
  package static func elements(_ bytes: [UInt8]) -> [Range<Int>] {
    let span = unsafe bytes.span.bytes
    guard span.byte(0) == .openBracket else { return [] }
    var elements: [Range<Int>] = []
    var index = 1
    span.skipSpace(&index)
    while index < bytes.count, span.byte(index) != .closeBracket {
      let start = index
      guard (try? span.skipLoosely(&index)) != nil else { return elements }
      elements.append(start..<index)
      span.skipSpace(&index)
      if span.byte(index) == .comma { index += 1 }
      span.skipSpace(&index)
    }
    return elements
  }

  /// The value on one line: no space between tokens; a control character within a string becomes an escape.
  package static func compact(_ bytes: [UInt8], _ range: Range<Int>) -> [UInt8] {
    var output: [UInt8] = []
    output.reserveCapacity(range.count)
    var isInside = false
    var isEscaped = false
    for byte in bytes[range.clamped(to: 0..<bytes.count)] {
      if isInside, byte < .space {
        if isEscaped { output.append(.backslash) }
        JSONText.appendUnicodeEscape(UInt16(byte), to: &output)
        isEscaped = false
        continue
      }
      if !isInside, byte <= .space { continue }
      output.append(byte)
      if isEscaped {
        isEscaped = false
      } else if byte == .quote {
        isInside.toggle()
      } else if isInside, byte == .backslash {
        isEscaped = true
      }
    }
    return output
  }
}
