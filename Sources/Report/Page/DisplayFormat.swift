// Formats numbers, shares and times for the page: English, UTC.

internal import IntakeCore

enum DisplayFormat {
  /// `1,234,567`.
  static func number(_ value: Int) -> String {
    let digits = String(value.magnitude)
    var text = ""
    for (index, digit) in digits.enumerated() {
      if index > 0, (digits.count - index).isMultiple(of: 3) { text.append(",") }
      text.append(digit)
    }
    return value < 0 ? "-\(text)" : text
  }

  /// `61.7%`; only none is shown as 0%, only all as 100%.
  static func share(_ part: Int, of whole: Int) -> String {
    guard whole > 0 else { return "0%" }
    let tenths = Int((Double(part) / Double(whole) * 1_000).rounded())
    if tenths == 0, part > 0 { return "<0.1%" }
    if tenths == 1_000, part < whole { return ">99.9%" }
    return tenths.isMultiple(of: 10) ? "\(tenths / 10)%" : "\(tenths / 10).\(tenths % 10)%"
  }

  /// `Mon 2 Mar 2026`.
  static func date(_ instant: Instant) -> String {
    let date = civil(instant)
    return "\(weekday(instant)) \(date.day) \(month(date.month)) \(date.year)"
  }

  /// `2 Mar`.
  static func shortDate(_ instant: Instant) -> String {
    let date = civil(instant)
    return "\(date.day) \(month(date.month))"
  }

  /// `08:15`.
  static func clock(_ instant: Instant) -> String {
    let text = Timestamp.text(instant)
    return String(text.dropFirst(11).prefix(5))
  }

  /// `Mon 2 Mar 2026, 08:15`.
  static func moment(_ instant: Instant) -> String { "\(date(instant)), \(clock(instant))" }

  /// The two largest units: `3 h 5 min`, `42 s`.
  static func span(_ duration: Duration) -> String {
    let seconds = max(0, duration.components.seconds)
    let units: [(size: Int64, name: String)] = [(86_400, "d"), (3_600, "h"), (60, "min"), (1, "s")]
    guard let first = units.firstIndex(where: { seconds >= $0.size }) else { return "0 s" }
    let whole = "\(seconds / units[first].size) \(units[first].name)"
    guard first + 1 < units.count else { return whole }
    let rest = seconds % units[first].size / units[first + 1].size
    return rest == 0 ? whole : "\(whole) \(rest) \(units[first + 1].name)"
  }

  static func weekday(_ instant: Instant) -> String {
    let days = floorDays(instant)
    return ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"][Int((days % 7 + 7) % 7)]
  }

  /// The hour of the day, 0 to 23.
  static func hour(_ instant: Instant) -> Int {
    let seconds = clamp(instant).ticks / Instant.perSecond - floorDays(instant) * 86_400
    return Int(max(0, min(23, seconds / 3_600)))
  }

  /// A coordinate: one decimal.
  static func decimal(_ value: Double) -> String {
    let tenths = Int((max(-1e6, min(1e6, value)) * 10).rounded())
    let sign = tenths < 0 ? "-" : ""
    let size = abs(tenths)
    return size.isMultiple(of: 10) ? "\(sign)\(size / 10)" : "\(sign)\(size / 10).\(size % 10)"
  }

  private static func month(_ number: Int64) -> String {
    let names = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
    return names[Int(max(1, min(12, number))) - 1]
  }

  private static func civil(_ instant: Instant) -> (year: Int64, month: Int64, day: Int64) {
    Timestamp.civil(fromDays: floorDays(instant))
  }

  private static func floorDays(_ instant: Instant) -> Int64 {
    let ticks = clamp(instant).ticks
    let perDay = 86_400 * Instant.perSecond
    return ticks / perDay - (ticks % perDay < 0 ? 1 : 0)
  }

  private static func clamp(_ instant: Instant) -> Instant { min(max(instant, .earliest), .latest) }
}
