// Points in time as people write them: one grammar for every option and setting that takes one.

/// Reads a date, a time, or a span before now. The two services' own spellings are `Timestamp`'s.
package enum TimeText {
  /// What is accepted, for hints.
  package static let forms =
    "2026-03-02, 2026-03-02T08:15:07Z, 2026-03-02T08:15:07+01:00, today, yesterday, now, -3d, -12h or -90m"

  /// How many seconds the local time is ahead of UTC at an instant.
  package typealias Zone = (Instant) -> Int64

  /// Accepts `now`; a span before now, as `-24h` or `24h`; and a day, alone or with a time: `2026-03-02`, `today` or
  /// `yesterday`, then optionally `T` or a space and `hh:mm`, `hh:mm:ss` or `hh:mm:ss.fff`, then optionally `Z` or an offset.
  /// - Parameters:
  ///   - text: in upper or lower case.
  ///   - now: what spans and the words for days count from.
  ///   - isEnd: true if a day without a time means the end of that day, not its beginning.
  ///   - zone: of days and times that have no offset.
  /// - Returns: nil for anything else, also for what is ambiguous, such as `03/02/2026`.
  package static func parse(
    _ text: String, now: Instant, isEnd: Bool = false, zone: Zone = { _ in 0 }
  ) -> Instant? {
    let text = text.lowercasedASCII
    if text == "now" { return now }
    if let span = Duration(parsing: text.hasPrefix("-") ? String(text.dropFirst()) : text) { return now - span }
    let bytes = Array(dated(text, now: now, zone: zone).utf8)
    guard bytes.count >= 10 else { return nil }
    guard let clock = Clock(bytes[10...]) else { return nil }
    let day = String(decoding: bytes[..<10], as: UTF8.self)
    guard let wall = Timestamp.parse("\(day)T\(clock.time ?? "00:00:00")\(clock.offset)") else { return nil }
    let isDayEnd = isEnd && clock.time == nil
    let end = isDayEnd ? wall + .seconds(86_400) : wall
    let instant = clock.offset.isEmpty ? instant(end, zone) : end
    return isDayEnd ? instant - .ticks(1) : instant
  }

  /// The instant of a local time that was read as if it were UTC.
  private static func instant(_ wall: Instant, _ zone: Zone) -> Instant {
    let near = wall - .seconds(zone(wall))
    return wall - .seconds(zone(near))
  }

  /// With `today` and `yesterday` as dates.
  private static func dated(_ text: String, now: Instant, zone: Zone) -> String {
    for (word, days) in [("today", Int64(0)), ("yesterday", 1)] where text.hasPrefix(word) {
      let wall = now + .seconds(zone(now) - days * 86_400)
      return "\(Timestamp.text(wall).prefix(10))\(text.dropFirst(word.utf8.count))"
    }
    return text
  }

  /// What follows a date.
  private struct Clock {
    /// `hh:mm:ss`, with or without a fraction; nil if only a day is given.
    var time: String?
    /// `Z`, `+hh:mm` or empty.
    var offset: String

    init?(_ bytes: ArraySlice<UInt8>) {
      var rest = bytes
      let hasTime = rest.first == UInt8(ascii: "t") || rest.first == UInt8(ascii: " ")
      if hasTime { rest = rest.dropFirst() }
      let end = rest.firstIndex { "z+-".utf8.contains($0) } ?? rest.endIndex
      let clock = String(decoding: rest[..<end], as: UTF8.self)
      guard hasTime ? clock.utf8.count >= 5 : clock.isEmpty else { return nil }
      time = hasTime ? (clock.utf8.count == 5 ? "\(clock):00" : clock) : nil
      offset = rest[end...].first == UInt8(ascii: "z") ? "Z" : String(decoding: rest[end...], as: UTF8.self)
      guard offset != "Z" || rest[end...].count == 1 else { return nil }
    }
  }
}
