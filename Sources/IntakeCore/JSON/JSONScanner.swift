// Where JSON values begin and end, by byte, over RawSpan. Tolerant inside strings (raw control characters, invalid UTF-8
// and lone surrogates are the mapping's business), strict about structure. RFC 8259.

internal import Glibc

/// Why bytes are not JSON, and where.
@usableFromInline
package struct JSONFault: Error, Sendable, Equatable {
  @usableFromInline package var offset: Int
  @usableFromInline package var reason: StaticReason

  @usableFromInline
  package enum StaticReason: String, Sendable {
    case unexpectedEnd = "unexpected end"
    case unexpectedByte = "unexpected character"
    case badNumber = "invalid number"
    case badEscape = "unknown escape"
    case tooDeep = "nested too deeply"
    case trailingBytes = "unexpected data after the end"
    case notUTF8 = "the text is not UTF-8"
    case duplicateKey = "duplicate key"
    case tooManyRows = "more rows than any page of the services"
  }

  @inlinable
  package init(_ offset: Int, _ reason: StaticReason) {
    self.offset = offset
    self.reason = reason
  }
}

/// What a string holds that forbids copying it as it stands.
@usableFromInline
package struct JSONStringFlags: OptionSet, Sendable {
  @usableFromInline package let rawValue: UInt8
  @inlinable
  package init(rawValue: UInt8) { self.rawValue = rawValue }

  @inlinable package static var escaped: JSONStringFlags { JSONStringFlags(rawValue: 1) }
  @inlinable package static var control: JSONStringFlags { JSONStringFlags(rawValue: 2) }
  @inlinable package static var nonASCII: JSONStringFlags { JSONStringFlags(rawValue: 4) }
  /// DEL, which JSON allows and terminals do not.
  @inlinable package static var delete: JSONStringFlags { JSONStringFlags(rawValue: 8) }
}

extension RawSpan {
  /// Nesting beyond this is refused: both services need four.
  @inlinable
  package static var deepest: Int { 64 }

  /// The byte at `index`, or 0 outside the span: 0 is no JSON token, so callers need no second check.
  @inlinable @inline(__always)
  package func byte(_ index: Int) -> UInt8 {
    guard UInt(bitPattern: index) < UInt(bitPattern: byteCount) else { return 0 }
    return unsafe unsafeLoad(fromUncheckedByteOffset: index, as: UInt8.self)
  }

  @inlinable @inline(__always)
  package func skipSpace(_ index: inout Int) {
    while index < byteCount {
      let byte = byte(index)
      guard byte == .space || byte == .lineFeed || byte == .carriageReturn || byte == .tab else { return }
      index += 1
    }
  }

  /// The high bit of each of eight bytes that a string cannot hold as it stands: quote, backslash, controls, DEL, beyond
  /// ASCII. Only the lowest bit that is set is sure: what borrows or carries reaches upward.
  @inlinable @inline(__always)
  package static func special(_ word: UInt64) -> UInt64 {
    let ones: UInt64 = 0x0101_0101_0101_0101
    let quote = (word ^ ones &* 0x22) &- ones
    let slash = (word ^ ones &* 0x5C) &- ones
    return (quote | slash | (word &- ones &* 0x20) | (word &+ ones) | word) & 0x8080_8080_8080_8080
  }

  /// Past a string whose opening quote is at `index`. A backslash takes the next byte with it, whatever it is.
  @inlinable @inline(__always)
  package func skipString(_ index: inout Int) throws(JSONFault) -> JSONStringFlags {
    var flags: JSONStringFlags = []
    var at = index + 1
    while true {
      while at &+ 8 <= byteCount {
        let word = unsafe unsafeLoadUnaligned(fromUncheckedByteOffset: at, as: UInt64.self)
        let special = Self.special(UInt64(littleEndian: word))
        guard special == 0 else {
          at &+= special.trailingZeroBitCount >> 3
          break
        }
        at &+= 8
      }
      guard at < byteCount else { throw JSONFault(index, .unexpectedEnd) }
      let byte = byte(at)
      switch byte {
      case .quote:
        index = at &+ 1
        return flags
      case .backslash:
        flags.insert(.escaped)
        at += 2
      case 0..<0x20:
        flags.insert(.control)
        at += 1
      case 0x80...:
        flags.insert(.nonASCII)
        at += 1
        while at < byteCount, self.byte(at) >= 0x80 { at += 1 }
      case 0x7F:
        flags.insert(.delete)
        at += 1
      default:
        at += 1
      }
    }
  }

  /// Past any value by structure alone: strings and brackets are matched, what stands between is not looked at, and
  /// nesting has no limit. So one row with a bad number or one that is nested too deep keeps its borders and does not cost
  /// its neighbours. Memory: one byte for each open bracket beyond 64.
  package func skipLoosely(_ index: inout Int) throws(JSONFault) {
    let start = index
    // One bit for each open bracket, the innermost lowest: 1 for a brace.
    var open: UInt64 = 0
    var outer: [UInt64] = []
    var depth = 0
    repeat {
      switch byte(index) {
      case .quote:
        _ = try skipString(&index)
      case .openBrace, .openBracket:
        if depth > 0, depth & 63 == 0 { outer.append(open) }
        open = open << 1 | (byte(index) == .openBrace ? 1 : 0)
        depth += 1
        index += 1
      case .closeBrace, .closeBracket:
        guard depth > 0, open & 1 == (byte(index) == .closeBrace ? 1 : 0) else { throw unexpectedByte(index) }
        open >>= 1
        depth -= 1
        if depth > 0, depth & 63 == 0, let word = outer.popLast() { open = word }
        index += 1
      case .comma where depth == 0, .colon where depth == 0:
        throw unexpectedByte(index)
      default:
        guard index < byteCount else { throw JSONFault(start, .unexpectedEnd) }
        index += 1
        if depth == 0 { skipToken(&index) }
      }
    } while depth > 0
  }

  private func unexpectedByte(_ index: Int) -> JSONFault { JSONFault(index, .unexpectedByte) }

  private func skipToken(_ index: inout Int) {
    while index < byteCount {
      switch byte(index) {
      case .comma, .closeBracket, .closeBrace, .colon, .space, .lineFeed, .carriageReturn, .tab, .quote, .openBracket,
        .openBrace:
        return
      default: index += 1
      }
    }
  }

  /// Past a number of the RFC's grammar, nothing looser.
  @inlinable @inline(__always)
  package func skipNumber(_ index: inout Int) throws(JSONFault) {
    let start = index
    if byte(index) == 0x2D { index += 1 }
    let first = byte(index)
    guard isDigit(first) else { throw JSONFault(start, .badNumber) }
    index += 1
    if first != 0x30 { skipDigits(&index) }
    if byte(index) == 0x2E {
      index += 1
      guard isDigit(byte(index)) else { throw JSONFault(start, .badNumber) }
      skipDigits(&index)
    }
    if byte(index) | 0x20 == 0x65 {
      index += 1
      if byte(index) == 0x2B || byte(index) == 0x2D { index += 1 }
      guard isDigit(byte(index)) else { throw JSONFault(start, .badNumber) }
      skipDigits(&index)
    }
    guard !isDigit(byte(index)) else { throw JSONFault(start, .badNumber) }
  }

  /// Past `true`, `false` or `null`.
  @inlinable @inline(__always)
  package func skipLiteral(_ index: inout Int) throws(JSONFault) {
    let length = byte(index) == 0x66 ? 5 : 4
    let known: Bool =
      switch byte(index) {
      case 0x74: matches(index, "true")
      case 0x66: matches(index, "false")
      case 0x6E: matches(index, "null")
      default: false
      }
    guard known else {
      throw unexpected(index)
    }
    index += length
  }

  /// Past any value, strictly; `depth` is how deep the value stands already.
  @inlinable
  package func skipValue(_ index: inout Int, depth: Int = 0) throws(JSONFault) {
    switch byte(index) {
    case .quote: _ = try skipString(&index)
    case 0x2D, 0x30...0x39: try skipNumber(&index)
    case .openBrace: try skipMembers(&index, closing: .closeBrace, depth: depth + 1)
    case .openBracket: try skipMembers(&index, closing: .closeBracket, depth: depth + 1)
    default: try skipLiteral(&index)
    }
  }

  @usableFromInline
  package func skipMembers(_ index: inout Int, closing: UInt8, depth: Int) throws(JSONFault) {
    guard depth <= Self.deepest else { throw JSONFault(index, .tooDeep) }
    index += 1
    skipSpace(&index)
    guard byte(index) != closing else {
      index += 1
      return
    }
    while true {
      if closing == .closeBrace { try skipKey(&index) }
      try skipValue(&index, depth: depth)
      skipSpace(&index)
      if byte(index) == closing { break }
      guard byte(index) == .comma else {
        throw unexpected(index)
      }
      index += 1
      skipSpace(&index)
    }
    index += 1
  }

  /// Where a byte stands first from `start` on; the span's end where it does not.
  package func firstIndex(of wanted: UInt8, from start: Int) -> Int {
    let from = max(start, 0)
    guard from < byteCount else { return byteCount }
    return unsafe withUnsafeBytes { bytes in
      guard let base = bytes.baseAddress else { return bytes.count }
      let found = unsafe memchr(base + from, Int32(wanted), bytes.count - from)
      return unsafe found.map { unsafe UnsafeRawPointer($0) - base } ?? bytes.count
    }
  }

  /// Past a key and its colon, to where the value begins.
  @inlinable @inline(__always)
  package func skipKey(_ index: inout Int) throws(JSONFault) { _ = try skipKeyText(&index) }

  /// True if the bytes from `index` on are these.
  @inlinable
  package func matches(_ index: Int, _ text: StaticString) -> Bool {
    guard index >= 0, index + text.utf8CodeUnitCount <= byteCount else { return false }
    for offset in 0..<text.utf8CodeUnitCount {
      guard byte(index + offset) == (unsafe text.utf8Start[offset]) else { return false }
    }
    return true
  }

  @inlinable @inline(__always)
  package func isDigit(_ byte: UInt8) -> Bool { byte &- 0x30 <= 9 }

  @inlinable @inline(__always)
  package func skipDigits(_ index: inout Int) {
    while isDigit(byte(index)) { index += 1 }
  }
}
