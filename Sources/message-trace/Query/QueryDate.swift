// The dates of the command line: one grammar, `TimeText`, and one sentence where a value is none of it.

internal import IntakeCore

enum QueryDate {
  /// - Parameters:
  ///   - flag: the option's name, for errors.
  ///   - isEnd: true if a date without a time means the end of that day.
  ///   - zone: of dates and times without an offset.
  static func parse(
    _ text: String, flag: String, now: Instant, isEnd: Bool, zone: LocalZone = .utc
  ) throws(Failure) -> Instant {
    if let instant = TimeText.parse(text, now: now, isEnd: isEnd, zone: zone.offset) { return instant }
    throw Failure(
      "usage", exit: .usage, "Reading the arguments: \(flag) \(Log.clean(text, limit: 60)) \(reason(text)).",
      hint: "Use \(TimeText.forms).")
  }

  private static func reason(_ text: String) -> String {
    text.contains("/") || text.contains(".") && !text.contains("T")
      ? "is not ISO 8601 and therefore ambiguous: day and month are swapped in some countries"
      : "is not a date or time"
  }
}
