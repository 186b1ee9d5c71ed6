// Mail addresses, split only where there is no doubt; and what is an IP address.

internal import IntakeCore

enum Address {
  /// Where the one `@` stands, or -1; and whether the text looks like several addresses in one.
  static func split(_ span: RawSpan, _ start: Int, _ end: Int) -> (at: Int, isList: Bool) {
    var at = -1
    var count = 0
    var isDoubtful = false
    var index = start
    while index < end {
      let byte = span.byte(index)
      if byte == UInt8(ascii: "@") {
        count &+= 1
        at = index
      } else if at < 0
        ? isIn(byte, Self.notLocalLow, Self.notLocalHigh) : isIn(byte, Self.notDomainLow, Self.notDomainHigh)
      {
        isDoubtful = true
      }
      index &+= 1
    }
    guard !isDoubtful, count == 1, at > start, at + 1 < end, span.byte(at + 1) != UInt8(ascii: ".") else {
      return (-1, count > 1 && isList(span, start, end))
    }
    return (at, false)
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
  static func isValid(_ span: RawSpan, _ start: Int, _ end: Int) -> Bool {
    isV4(span, start, end) || isV6(span, start, end)
  }

  private static func isV4(_ span: RawSpan, _ start: Int, _ end: Int) -> Bool {
    guard end - start >= 7, end - start <= 15 else { return false }
    var index = start
    for part in 0..<4 {
      let first = index
      var value = 0
      while index < end, ASCII.isDigit(span.byte(index)), index - first < 3 {
        value = value * 10 + Int(span.byte(index) - 0x30)
        index += 1
      }
      guard index > first, value <= 255, index - first == 1 || span.byte(first) != 0x30 else { return false }
      guard part < 3 else { break }
      guard index < end, span.byte(index) == UInt8(ascii: ".") else { return false }
      index += 1
    }
    return index == end
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
