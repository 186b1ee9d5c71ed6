// Splits mail addresses that are unambiguous, and validates IP addresses.

internal import IntakeCore

enum Address {
  struct Split {
    /// Position of the only `@`; nil where there is not exactly one.
    var at: Int?
    /// True if the text looks like several addresses in one.
    var isList = false
    /// True if there is surely no upper case in it.
    var isLower = false
  }

  /// Looks at the text between two offsets.
  static func split(_ span: RawSpan, _ start: Int, _ end: Int) -> Split {
    if let plain = splitPlain(span, start, end) { return plain }
    var at: Int?
    var count = 0
    var isDoubtful = false
    var index = start
    while index < end {
      let byte = span.byte(index)
      if byte == UInt8(ascii: "@") {
        count &+= 1
        at = index
      } else if at == nil
        ? isIn(byte, Self.notLocalLow, Self.notLocalHigh) : isIn(byte, Self.notDomainLow, Self.notDomainHigh)
      {
        isDoubtful = true
      }
      index &+= 1
    }
    guard !isDoubtful, count == 1, let at, at > start, at + 1 < end, span.byte(at + 1) != UInt8(ascii: ".") else {
      return Split(isList: count > 1 && isList(span, start, end))
    }
    return Split(at: at)
  }

  /// The same for an address of letters, digits and `.-_` alone; nil for all others.
  @inline(__always)
  private static func splitPlain(_ span: RawSpan, _ start: Int, _ end: Int) -> Split? {
    guard start >= 0, start < end, end &+ 8 <= span.byteCount else { return nil }
    let highs: UInt64 = 0x8080_8080_8080_8080
    var at: Int?
    var upper: UInt64 = 0
    var index = start
    while index < end {
      let word = unsafe UInt64(littleEndian: span.unsafeLoadUnaligned(fromUncheckedByteOffset: index, as: UInt64.self))
      let inside = highs >> UInt64(64 &- min(end &- index, 8) &* 8)
      let text = word & ~highs
      let capitals = ASCII.isIn(0x41...0x5A, text)
      let signs = ASCII.isIn(0x40...0x40, text) & inside
      let known =
        capitals | ASCII.isIn(0x61...0x7A, text) | ASCII.isIn(0x30...0x39, text) | ASCII.isIn(0x2D...0x2E, text)
        | ASCII.isIn(0x5F...0x5F, text) | signs
      guard (~known | word) & inside == 0 else { return nil }
      upper |= capitals & inside
      if signs != 0 {
        guard at == nil, signs & (signs &- 1) == 0 else { return nil }
        at = index &+ signs.trailingZeroBitCount >> 3
      }
      index &+= 8
    }
    guard let at, at > start, at &+ 1 < end, span.byte(at &+ 1) != UInt8(ascii: ".") else { return nil }
    return Split(at: at, isLower: upper == 0)
  }

  private static func isList(_ span: RawSpan, _ start: Int, _ end: Int) -> Bool {
    (start..<end).contains { span.byte($0) == UInt8(ascii: ";") }
  }

  /// In front of the `@`: no control character and none of `<>;,`.
  private static let notLocalLow: UInt64 = 0x5800_1000_FFFF_FFFF
  private static let notLocalHigh: UInt64 = 0x8000_0000_0000_0000
  /// Behind it only letters, digits, `-._`, the `[]:` of an address literal, and anything beyond ASCII.
  private static let notDomainLow: UInt64 = 0xF800_9FFF_FFFF_FFFF
  private static let notDomainHigh: UInt64 = 0xF800_0001_5000_0001

  /// One bit for each ASCII character: those below 64, those from 64 on.
  @inline(__always)
  private static func isIn(_ byte: UInt8, _ low: UInt64, _ high: UInt64) -> Bool {
    byte < 0x80 && (byte < 64 ? low : high) >> UInt64(byte & 63) & 1 == 1
  }

  /// The end of a domain without the dot that may close it.
  static func domainEnd(_ span: RawSpan, _ start: Int, _ end: Int) -> Int {
    end - start > 1 && span.byte(end - 1) == UInt8(ascii: ".") ? end - 1 : end
  }
}

/// Whether a text is an IP address as a SIEM's typed field takes it: no port, zone, list or leading zero.
enum IPText {
  /// True for 255.255.255.255, which Exchange writes as the source of its own mail: the address of no host.
  @inline(__always)
  static func isPlaceholder(_ span: RawSpan, _ start: Int, _ end: Int) -> Bool {
    end &- start == 15 && span.byte(start) == UInt8(ascii: "2") && span.matches(start, "255.255.255.255")
  }

  static func isValid(_ span: RawSpan, _ start: Int, _ end: Int) -> Bool {
    isV4(span, start, end) || isV6(span, start, end)
  }

  private static func isV4(_ span: RawSpan, _ start: Int, _ end: Int) -> Bool {
    guard end - start >= 7, end - start <= 15 else { return false }
    var (parts, digits, value) = (0, 0, 0)
    for index in start..<end {
      let byte = span.byte(index)
      if ASCII.isDigit(byte) {
        // No digit may follow a zero in front, nor make more than a byte.
        guard digits == 0 || value > 0 else { return false }
        value = value &* 10 &+ Int(byte &- 0x30)
        digits &+= 1
        guard value <= 255 else { return false }
      } else {
        guard byte == UInt8(ascii: "."), digits > 0 else { return false }
        (parts, digits, value) = (parts &+ 1, 0, 0)
      }
    }
    return parts == 3 && digits > 0
  }

  /// RFC 4291 section 2.2, all three forms.
  private static func isV6(_ span: RawSpan, _ start: Int, _ end: Int) -> Bool {
    guard end - start >= 2, end - start <= 45 else { return false }
    let colon = UInt8(ascii: ":")
    var groups = 0
    var isShortened = false
    var index = start
    if span.byte(index) == colon {
      guard span.byte(index + 1) == colon else { return false }
      isShortened = true
      index += 2
    }
    while index < end {
      let first = index
      while index < end, index - first < 4, isHex(span.byte(index)) { index += 1 }
      guard index > first else { return false }
      if index < end, span.byte(index) == UInt8(ascii: ".") {
        guard isV4(span, first, end) else { return false }
        groups += 2
        index = end
        break
      }
      groups += 1
      guard index < end else { break }
      guard span.byte(index) == colon, index + 1 < end else { return false }
      index += 1
      if span.byte(index) == colon {
        guard !isShortened else { return false }
        isShortened = true
        index += 1
      }
    }
    return isShortened ? groups <= 7 : groups == 8
  }

  private static func isHex(_ byte: UInt8) -> Bool { ASCII.isDigit(byte) || (byte | 0x20) &- 0x61 < 6 }
}
