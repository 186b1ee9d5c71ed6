// Times in HTTP headers. RFC 9110 section 5.6.7.

/// A time as HTTP headers state it.
package enum HTTPDate {
  private static let days = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"]
  private static let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]

  /// As IMF-fixdate: `Sun, 06 Nov 1994 08:49:37 GMT`.
  package static func text(_ instant: Instant) -> String {
    let clamped = min(max(instant, .earliest), .latest)
    let iso = Timestamp.text(clamped)
    var days = clamped.ticks / (86_400 * Instant.perSecond)
    if clamped.ticks % (86_400 * Instant.perSecond) < 0 { days -= 1 }
    let weekday = Self.days[Int((days % 7 + 7) % 7)]
    let month = months[Int(Timestamp.civil(fromDays: days).month) - 1]
    let part = { (from: Int, count: Int) in String(iso.dropFirst(from).prefix(count)) }
    return "\(weekday), \(part(8, 2)) \(month) \(part(0, 4)) \(part(11, 8)) GMT"
  }

  /// Reads IMF-fixdate, RFC 850 and asctime; nil for anything else.
  package static func parse(_ text: String) -> Instant? {
    let words = text.split { $0 == " " || $0 == "-" || $0 == "," }.map(String.init)
    guard words.count >= 5 else { return nil }
    if let month = month(words[1]) {
      return instant(year: Int64(words[4]), month: month, day: Int64(words[2]), time: words[3])
    }
    guard words.count == 6, words[5] == "GMT", let month = month(words[2]) else { return nil }
    let year = Int64(words[3]).map { words[3].utf8.count == 2 ? $0 + ($0 < 70 ? 2_000 : 1_900) : $0 }
    return instant(year: year, month: month, day: Int64(words[1]), time: words[4])
  }

  private static func month(_ name: String) -> Int64? {
    months.firstIndex(of: name).map { Int64($0) + 1 }
  }

  private static func instant(year: Int64?, month: Int64, day: Int64?, time: String) -> Instant? {
    let parts = time.split(separator: ":", omittingEmptySubsequences: false)
    guard let year, let day, (1_970...9_999).contains(year), day >= 1, day <= Timestamp.daysInMonth(year, month),
      parts.count == 3, let hour = UInt8(parts[0]), let minute = UInt8(parts[1]), let second = UInt8(parts[2]),
      hour < 24, minute < 60, second <= 60
    else { return nil }
    let seconds =
      Timestamp.daysFromCivil(year, month, day) * 86_400 + Int64(hour) * 3_600 + Int64(minute) * 60 + Int64(second)
    return Instant(seconds: seconds)
  }
}
