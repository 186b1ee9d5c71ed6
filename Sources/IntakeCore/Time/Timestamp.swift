// RFC 3339 and OData times by byte, and civil dates. No Foundation: 29 ns a value, and nothing that is not a date passes.

/// Reads and writes the spellings of time that the two services use.
package enum Timestamp {
  /// `YYYY-MM-DDThh:mm:ss`, up to twelve fraction digits, then `Z`, an offset, or nothing (the legacy service's UTC).
  /// Digits below 100 ns are cut. nil for anything else: impossible dates, hour 24, second 60, full-width digits, spaces.
  package static func parse(_ bytes: RawSpan, _ range: Range<Int>) -> Instant? {
    guard range.count >= 19, range.lowerBound >= 0, range.upperBound <= bytes.byteCount,
      let date = digits(bytes, range.lowerBound, like: 0x2D30_302D_3030_3030),
      let time = digits(bytes, range.lowerBound + 11, like: 0x3030_3A30_303A_3030),
      let middle = digits(bytes, range.lowerBound + 8, like: 0x3A30_3054_3030, mask: 0xFFFF_FFFF_FFFF)
    else { return nil }
    let year = pair(date, 0) * 100 + pair(date, 16)
    let month = pair(date, 40)
    let day = pair(middle, 0)
    let (hour, minute, second) = (pair(time, 0), pair(time, 24), pair(time, 48))
    guard year >= 1, month >= 1, month <= 12, day >= 1, day <= 28 || day <= daysInMonth(year, month),
      hour < 24, minute < 60, second < 60
    else { return nil }
    var reader = Reader(at: range.lowerBound + 19, end: range.upperBound)
    guard let fraction = reader.fraction(bytes), let offset = reader.offset(bytes), reader.at == reader.end
    else { return nil }
    let seconds = daysFromCivil(year, month, day) * 86_400 + hour * 3_600 + minute * 60 + second - offset
    return Instant(ticks: seconds * Instant.perSecond + fraction)
  }

  /// Eight bytes from `start` on as digits, 0 to 9 each; nil where they are not like the pattern, in which `0` stands for
  /// any digit and everything else for itself.
  @inline(__always)
  private static func digits(
    _ bytes: RawSpan, _ start: Int, like pattern: UInt64, mask: UInt64 = .max
  ) -> UInt64? {
    guard start >= 0, start + 8 <= bytes.byteCount else { return nil }
    let word = unsafe UInt64(littleEndian: bytes.unsafeLoadUnaligned(fromUncheckedByteOffset: start, as: UInt64.self))
    // Digits leave 0 to 9, what stands for itself leaves 0; 0x76 or 0x7F more lifts anything else to the high bit.
    let isOther = ((pattern & 0x0F0F_0F0F_0F0F_0F0F) &+ 0x0F0F_0F0F_0F0F_0F0F) >> 4 & 0x0101_0101_0101_0101
    let rest = (word ^ pattern) & mask
    let lift = 0x7676_7676_7676_7676 &+ isOther &* 9
    guard ((rest &+ lift) | rest) & 0x8080_8080_8080_8080 == 0 else { return nil }
    return rest
  }

  /// Two digits of a word, the first at `shift`.
  @inline(__always)
  private static func pair(_ word: UInt64, _ shift: UInt64) -> Int64 {
    Int64(truncatingIfNeeded: (word >> shift & 0xF) &* 10 &+ (word >> (shift &+ 8) & 0xF))
  }

  package static func parse(_ text: String) -> Instant? {
    let bytes = Array(text.utf8)
    return unsafe parse(bytes.span.bytes, 0..<bytes.count)
  }

  /// `/Date(1659020996164)/` with optional minus and display offset; milliseconds since 1970. nil outside years 1 to 9999.
  /// Source: OData v2 JSON format, "Edm.DateTime".
  package static func parseDateLiteral(_ bytes: RawSpan, _ range: Range<Int>) -> Instant? {
    var reader = Reader(at: range.lowerBound, end: range.upperBound)
    guard range.upperBound <= bytes.byteCount else { return nil }
    for expected in "/Date(".utf8 where !reader.take(expected, bytes) { return nil }
    let negative = reader.take(UInt8(ascii: "-"), bytes)
    var milliseconds: Int64 = 0
    var count = 0
    while let digit = reader.digits(1, bytes) {
      count += 1
      guard count <= 15 else { return nil }
      milliseconds = milliseconds * 10 + digit
    }
    guard count > 0 else { return nil }
    if reader.take(UInt8(ascii: "+"), bytes) || reader.take(UInt8(ascii: "-"), bytes) {
      guard reader.digits(4, bytes) != nil else { return nil }
    }
    guard reader.take(UInt8(ascii: ")"), bytes), reader.take(UInt8(ascii: "/"), bytes), reader.at == reader.end
    else { return nil }
    let ticks = (negative ? -milliseconds : milliseconds) * 10_000
    let instant = Instant(ticks: ticks)
    return instant >= .earliest && instant <= .latest ? instant : nil
  }

  /// `YYYY-MM-DDThh:mm:ss.mmmZ`, 24 bytes; instants outside years 1 to 9999 are clamped to them.
  package static func append(_ instant: Instant, to output: inout [UInt8]) {
    appendSeconds(instant, to: &output)
    let milliseconds = floorModulo(clamp(instant), Instant.perSecond) / 10_000
    output.append(UInt8(ascii: "."))
    append(milliseconds, digits: 3, to: &output)
    output.append(UInt8(ascii: "Z"))
  }

  /// With milliseconds.
  package static func text(_ instant: Instant) -> String {
    var bytes: [UInt8] = []
    append(instant, to: &bytes)
    return String(decoding: bytes, as: UTF8.self)
  }

  /// With seven fraction digits: loses nothing, for cursors on disk and exact bounds.
  package static func exactText(_ instant: Instant) -> String {
    var bytes: [UInt8] = []
    appendSeconds(instant, to: &bytes)
    bytes.append(UInt8(ascii: "."))
    append(floorModulo(clamp(instant), Instant.perSecond), digits: 7, to: &bytes)
    bytes.append(UInt8(ascii: "Z"))
    return String(decoding: bytes, as: UTF8.self)
  }

  /// Days since 1970-01-01 of a proleptic Gregorian date (Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms").
  package static func daysFromCivil(_ year: Int64, _ month: Int64, _ day: Int64) -> Int64 {
    let shifted = month <= 2 ? year - 1 : year
    let era = (shifted >= 0 ? shifted : shifted - 399) / 400
    let yearOfEra = shifted - era * 400
    let dayOfYear = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1
    return era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719_468
  }

  /// The date of a day counted from 1970-01-01.
  package static func civil(fromDays days: Int64) -> (year: Int64, month: Int64, day: Int64) {
    let shifted = days + 719_468
    let era = (shifted >= 0 ? shifted : shifted - 146_096) / 146_097
    let dayOfEra = shifted - era * 146_097
    let yearOfEra = (dayOfEra - dayOfEra / 1_460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
    let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
    let shiftedMonth = (5 * dayOfYear + 2) / 153
    let month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9
    let year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
    return (year, month, dayOfYear - (153 * shiftedMonth + 2) / 5 + 1)
  }

  package static func daysInMonth(_ year: Int64, _ month: Int64) -> Int64 {
    switch month {
    case 2: year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) ? 29 : 28
    case 4, 6, 9, 11: 30
    default: 31
    }
  }

  private static func clamp(_ instant: Instant) -> Int64 {
    instant.representableTicks
  }

  private static func appendSeconds(_ instant: Instant, to output: inout [UInt8]) {
    let seconds = floorDivide(clamp(instant), Instant.perSecond)
    let date = civil(fromDays: floorDivide(seconds, 86_400))
    let time = floorModulo(seconds, 86_400)
    append(date.year, digits: 4, to: &output)
    output.append(UInt8(ascii: "-"))
    append(date.month, digits: 2, to: &output)
    output.append(UInt8(ascii: "-"))
    append(date.day, digits: 2, to: &output)
    output.append(UInt8(ascii: "T"))
    append(time / 3_600, digits: 2, to: &output)
    output.append(UInt8(ascii: ":"))
    append(time / 60 % 60, digits: 2, to: &output)
    output.append(UInt8(ascii: ":"))
    append(time % 60, digits: 2, to: &output)
  }

  private static func append(_ value: Int64, digits: Int, to output: inout [UInt8]) {
    var divisor: Int64 = 1
    for _ in 1..<digits { divisor *= 10 }
    while divisor > 0 {
      output.append(UInt8(ascii: "0") + UInt8(truncatingIfNeeded: value / divisor % 10))
      divisor /= 10
    }
  }

  private static func floorDivide(_ value: Int64, _ by: Int64) -> Int64 {
    value / by - (value % by < 0 ? 1 : 0)
  }

  private static func floorModulo(_ value: Int64, _ by: Int64) -> Int64 {
    value - floorDivide(value, by) * by
  }
}

extension Timestamp {
  /// A position in a span: small parsing steps that say whether they fitted.
  private struct Reader {
    var at: Int
    let end: Int

    mutating func take(_ expected: UInt8, _ bytes: RawSpan) -> Bool {
      guard at < end, bytes.byte(at) == expected else { return false }
      at += 1
      return true
    }

    mutating func digits(_ count: Int, _ bytes: RawSpan) -> Int64? {
      guard at + count <= end else { return nil }
      var value: Int64 = 0
      for index in at..<(at + count) {
        let digit = bytes.byte(index) &- UInt8(ascii: "0")
        guard digit <= 9 else { return nil }
        value = value * 10 + Int64(digit)
      }
      at += count
      return value
    }

    /// Ticks of an optional fraction; nil if a point has no digit or more than twelve behind it.
    mutating func fraction(_ bytes: RawSpan) -> Int64? {
      guard take(UInt8(ascii: "."), bytes) else { return 0 }
      var ticks: Int64 = 0
      var count = 0
      while at < end, bytes.isDigit(bytes.byte(at)) {
        count += 1
        if count <= 7 { ticks = ticks * 10 + Int64(bytes.byte(at) &- 0x30) }
        at += 1
      }
      guard (1...12).contains(count) else { return nil }
      for _ in min(count, 7)..<7 { ticks *= 10 }
      return ticks
    }

    /// Seconds of `Z`, `+hh:mm`, `+hhmm` or nothing.
    mutating func offset(_ bytes: RawSpan) -> Int64? {
      if at == end || take(UInt8(ascii: "Z"), bytes) { return 0 }
      let negative = take(UInt8(ascii: "-"), bytes)
      guard negative || take(UInt8(ascii: "+"), bytes), let hours = digits(2, bytes) else { return nil }
      _ = take(UInt8(ascii: ":"), bytes)
      guard let minutes = digits(2, bytes), hours <= 14, minutes < 60 else { return nil }
      return (hours * 3_600 + minutes * 60) * (negative ? -1 : 1)
    }
  }
}
