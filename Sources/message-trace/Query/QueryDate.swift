// The dates that `query` accepts: ISO 8601 or relative. Ambiguous dates are rejected.

internal import IntakeCore

enum QueryDate {
  /// - Parameters:
  ///   - flag: the option's name, for errors.
  ///   - isEnd: true if a date without a time means the end of that day.
  static func parse(_ text: String, flag: String, now: Instant, isEnd: Bool) throws(Failure) -> Instant {
    if text.lowercased() == "now" { return now }
    if text.hasPrefix("-"), let span = Duration(parsing: String(text.dropFirst())) { return now - span }
    if let day = Timestamp.parse(text + "T00:00:00") {
      return isEnd ? day + .seconds(86_400) - .ticks(1) : day
    }
    if let instant = Timestamp.parse(completed(text)) { return instant }
    throw Failure(
      "usage", exit: .usage, "Reading the arguments: \(flag) \(Log.clean(text, limit: 60)) \(reason(text)).",
      hint: "Use 2026-03-02, 2026-03-02T08:15:07Z, 2026-03-02T08:15:07+01:00, -3d, -12h, -90m or now.")
  }

  /// Normalises a space to `T`, upper case, and absent seconds.
  private static func completed(_ text: String) -> String {
    var bytes = Array(text.utf8)
    guard bytes.count >= 16 else { return text }
    if bytes[10] == UInt8(ascii: " ") || bytes[10] == UInt8(ascii: "t") { bytes[10] = UInt8(ascii: "T") }
    if bytes.last == UInt8(ascii: "z") { bytes[bytes.count - 1] = UInt8(ascii: "Z") }
    if bytes.count == 16 || bytes[16] != UInt8(ascii: ":") { bytes.insert(contentsOf: Array(":00".utf8), at: 16) }
    return String(decoding: bytes, as: UTF8.self)
  }

  private static func reason(_ text: String) -> String {
    if text.contains("/") || text.contains(".") && !text.contains("T") {
      return "is not ISO 8601 and therefore ambiguous: day and month are swapped in some countries"
    }
    return Duration(parsing: text) != nil ? "needs a minus sign" : "is not a date or time"
  }
}
