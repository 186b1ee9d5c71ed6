// What a person did wrong in a JSON file that they wrote by hand, from the place where reading it stopped.

extension JSONFault {
  /// `line 4, column 7: …`, naming the usual mistake where it is one: a comma too many or missing, a comment, other
  /// quotes than JSON's, a word that is not JSON's. Never more of the text than one character or word.
  package func sentence(in bytes: [UInt8]) -> String {
    let text = HandWritten(bytes: bytes, at: min(max(0, offset), bytes.count))
    return "line \(text.line), column \(text.column): \(text.mistake(reason))."
  }
}

/// The text around the place where reading stopped.
private struct HandWritten {
  let bytes: [UInt8]
  let at: Int

  var line: Int { 1 + bytes[..<at].count { $0 == .lineFeed } }

  /// In characters, from 1.
  var column: Int {
    let start = (bytes[..<at].lastIndex(of: .lineFeed) ?? -1) + 1
    return 1 + String(decoding: bytes[start..<at], as: UTF8.self).count
  }

  func mistake(_ reason: JSONFault.StaticReason) -> String {
    if let encoding { return encoding }
    switch reason {
    case .unexpectedByte: return unexpected
    case .unexpectedEnd where rest.isEmpty: return "unexpected end: an object, array or string is not closed"
    case .duplicateKey: return "duplicate key \(word(behindQuote: true))"
    case .trailingBytes: return "unexpected data after the closing brace"
    case .unexpectedEnd, .badNumber, .badEscape, .tooDeep, .notUTF8, .tooManyRows: return reason.rawValue
    }
  }

  private var rest: ArraySlice<UInt8> { bytes[at...] }

  /// The last byte before that is no white space.
  private var before: UInt8? { bytes[..<at].last { $0 > .space } }

  private var encoding: String? {
    if bytes.allSatisfy({ $0 <= .space }) { return "the file is empty" }
    let isWide = bytes.starts(with: [0xFF, 0xFE]) || bytes.starts(with: [0xFE, 0xFF]) || bytes.prefix(4).contains(0)
    return isWide ? "the text is UTF-16; save it as UTF-8" : nil
  }

  private var unexpected: String {
    guard let byte = rest.first else { return "unexpected end" }
    switch byte {
    case UInt8(ascii: "}"), UInt8(ascii: "]"):
      return before == UInt8(ascii: ",")
        ? "remove the comma before \(character)" : "unmatched \(character)"
    case UInt8(ascii: "\""), UInt8(ascii: "{"), UInt8(ascii: "["):
      return "a comma or colon is missing before \(character)"
    case UInt8(ascii: "/"), UInt8(ascii: "#"): return "JSON does not allow comments; remove it"
    case UInt8(ascii: "'"): return "strings must be double-quoted"
    case UInt8(ascii: ","): return "a value or key is missing before the comma"
    case 0xE2: return "unexpected \(character); use straight double quotes"
    default: return isLetter(byte) ? unquoted : "unexpected \(character)"
    }
  }

  private var unquoted: String {
    let word = word(behindQuote: false)
    switch word.lowercased() {
    case "true", "yes", "on": return "\(word) is not JSON; write true"
    case "false", "no", "off": return "\(word) is not JSON; write false"
    default: return "\(word) must be double-quoted"
    }
  }

  private var character: String {
    let first = String(decoding: rest.prefix(4), as: UTF8.self).unicodeScalars.first.map(String.init) ?? ""
    return Log.clean(first, limit: 20)
  }

  private func word(behindQuote: Bool) -> String {
    let word = rest.dropFirst(behindQuote && rest.first == UInt8(ascii: "\"") ? 1 : 0)
      .prefix { isLetter($0) || $0 &- 0x30 <= 9 || $0 == 0x5F || $0 == 0x2D || $0 == 0x2E }
    return String(decoding: word.prefix(40), as: UTF8.self)
  }

  private func isLetter(_ byte: UInt8) -> Bool { (byte | 0x20) &- 0x61 < 26 }
}
