// Texts, numbers and times into an event.

internal import IntakeCore

extension LineWriter {
  static let quote = UInt8(ascii: "\"")

  /// A quoted JSON string from text bytes, whatever they hold; ill-formed UTF-8 becomes U+FFFD.
  /// - Parameter limit: bytes of the text after which it is cut, at the next border of a scalar.
  mutating func appendEscaped(_ span: RawSpan, _ start: Int, _ end: Int, limit: Int = .max, lowerCased: Bool = false) {
    append(Self.quote)
    var index = start
    while index < end, index - start < limit {
      let byte = span.byte(index)
      switch byte {
      case .quote, .backslash:
        append(.backslash)
        append(byte)
        index += 1
      case 0..<0x20, 0x7F:
        appendUnicodeEscape(UInt32(byte))
        index += 1
      case 0x80...:
        let (scalar, length) = Text.scalar(span, index, end)
        if scalar == Text.invalid {
          append(0xEF)
          append(0xBF)
          append(0xBD)
        } else if Text.mustEscape(scalar) {
          appendUnicodeEscape(scalar)
        } else {
          append(span, index, index + length)
        }
        index += length
      default:
        append(lowerCased ? ASCII.lowerCased(byte) : byte)
        index += 1
      }
    }
    append(Self.quote)
  }

  /// Text of our own, quoted.
  mutating func appendText(_ text: String) {
    let bytes = Array(text.utf8)
    appendEscaped(unsafe bytes.span.bytes, 0, bytes.count)
  }

  private mutating func appendUnicodeEscape(_ unit: UInt32) {
    append(.backslash)
    append(UInt8(ascii: "u"))
    for shift in [UInt32](arrayLiteral: 12, 8, 4, 0) { append(Self.hexDigit(UInt8(unit >> shift & 0xF))) }
  }

  private static func hexDigit(_ value: UInt8) -> UInt8 { value < 10 ? 0x30 + value : 0x57 + value }

  /// 32 lower-case hex digits, quoted.
  mutating func append(_ identity: Identity) {
    append(Self.quote)
    append(word: Self.hexWord(UInt32(truncatingIfNeeded: identity.high >> 32)))
    append(word: Self.hexWord(UInt32(truncatingIfNeeded: identity.high)))
    append(word: Self.hexWord(UInt32(truncatingIfNeeded: identity.low >> 32)))
    append(word: Self.hexWord(UInt32(truncatingIfNeeded: identity.low)))
    append(Self.quote)
  }

  /// Eight hex digits of 32 bits at once, the first in the lowest byte.
  private static func hexWord(_ value: UInt32) -> UInt64 {
    var spread = UInt64(value.byteSwapped)
    spread = (spread | spread << 16) & 0x0000_FFFF_0000_FFFF
    spread = (spread | spread << 8) & 0x00FF_00FF_00FF_00FF
    let nibbles = (spread >> 4 & 0x000F_000F_000F_000F) | (spread & 0x000F_000F_000F_000F) << 8
    let aboveNine = ((nibbles &+ 0x0606_0606_0606_0606) >> 4) & 0x0101_0101_0101_0101
    return nibbles &+ 0x3030_3030_3030_3030 &+ aboveNine &* 0x27
  }

  /// `"YYYY-MM-DDThh:mm:ss.mmmZ"` with its quotes.
  mutating func append(_ instant: Instant) {
    let ticks = instant.representableTicks
    let day = ticks / 864_000_000_000 - (ticks % 864_000_000_000 < 0 ? 1 : 0)
    let milliseconds = (ticks - day * 864_000_000_000) / 10_000
    days.choose(day)
    let seconds = milliseconds / 1_000
    let rest = milliseconds % 1_000
    append(Self.quote)
    append(word: days.yearAndMonth)
    append(
      word: Self.pair(days.day) | 0x54 << 16 | Self.pair(seconds / 3_600) << 24 | 0x3A << 40
        | Self.pair(seconds / 60 % 60) << 48)
    append(
      word: 0x3A | Self.pair(seconds % 60) << 8 | 0x2E << 24 | UInt64(0x30 + rest / 100) << 32
        | Self.pair(rest % 100) << 40 | 0x5A << 56)
    append(Self.quote)
  }

  /// Two decimal digits, the first in the lowest byte.
  @inline(__always)
  private static func pair(_ value: Int64) -> UInt64 {
    UInt64(truncatingIfNeeded: 0x3030 + value / 10 + ((value % 10) << 8))
  }
}

/// The date of the last day asked for: rows of a page nearly always share it.
struct DayText {
  /// Of a time with its quotes.
  static let length = 26

  private var chosen = Int64.min
  /// `YYYY-MM-`, the first byte lowest.
  private(set) var yearAndMonth: UInt64 = 0
  private(set) var day: Int64 = 0

  mutating func choose(_ days: Int64) {
    guard days != chosen else { return }
    chosen = days
    let date = Timestamp.civil(fromDays: days)
    day = date.day
    let digits = [
      date.year / 1_000, date.year / 100 % 10, date.year / 10 % 10, date.year % 10, -3, date.month / 10,
      date.month % 10, -3,
    ]
    yearAndMonth = 0
    for digit in digits.reversed() { yearAndMonth = yearAndMonth << 8 | UInt64(0x30 + digit) }
  }
}
