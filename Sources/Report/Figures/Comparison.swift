// The last 24 hours against the 24 before them and the same ones a week ago; and hours that are unlike others.

internal import IntakeCore

/// Mail and undelivered mail of the last day of a timeline.
struct Comparison {
  struct Row: Equatable {
    var name: String
    var last: Int
    /// nil where the files do not reach back so far.
    var before: Int?
    var weekBefore: Int?
  }

  /// An hour with far more than is usual at its time of day.
  struct Spike: Equatable {
    var start: Instant
    var name: String
    var count: Int
    var usual: Int
  }

  private struct Series {
    var name: String
    var statuses: [MailStatus]
  }

  private static let all = Series(name: "mail", statuses: MailStatus.allCases)
  private static let undelivered = Series(name: "undelivered", statuses: MailStatus.failures)
  private static let day: Int64 = 24
  /// What is not worth a look, however rare.
  private static let smallest = 20
  /// So many times the usual count is a spike.
  private static let factor = 4

  /// The end of the last 24 hours; nil without mail.
  let end: Instant?
  private let counts: [Int64: [Int]]
  private let range: Range<Int64>

  /// - Parameter made: when the page is made: mail with later times is left out.
  init(_ timeline: Timeline, made: Instant) {
    let now = made.ticks / (3_600 * Instant.perSecond) + 1
    let known = timeline.hourly.filter { $0.hour < now }
    counts = Dictionary(known.map { ($0.hour, $0.counts) }) { first, _ in first }
    guard let newest = known.map(\.hour).max(), let oldest = known.map(\.hour).min() else {
      (end, range) = (nil, 0..<0)
      return
    }
    range = max(oldest, newest - 60 * Self.day)..<(newest + 1)
    end = Instant(seconds: (newest + 1) * 3_600)
  }

  var rows: [Row] {
    guard end != nil else { return [] }
    return [
      Self.all, Series(name: "failed", statuses: [.failed]), Series(name: "quarantined", statuses: [.quarantined]),
      Series(name: "filtered as spam", statuses: [.filteredAsSpam]),
    ].map { series in
      Row(
        name: series.name, last: sum(series, before: 0) ?? 0, before: sum(series, before: Self.day),
        weekBefore: sum(series, before: 7 * Self.day))
    }
  }

  /// Those of the last week, the largest first by how many times the usual count they have.
  func spikes(most: Int) -> [Spike] {
    let recent = max(range.lowerBound, range.upperBound - 7 * Self.day)
    guard recent < range.upperBound else { return [] }
    let found = [Self.undelivered, Self.all].flatMap { series in
      (recent..<range.upperBound).compactMap { spike(series, at: $0) }
    }
    return Array(found.sorted { $0.count * max(1, $1.usual) > $1.count * max(1, $0.usual) }.prefix(most))
  }

  private func spike(_ series: Series, at hour: Int64) -> Spike? {
    let count = count(series, hour)
    guard count >= Self.smallest, let usual = usual(series, at: hour), count > Self.factor * usual else { return nil }
    return Spike(start: Instant(seconds: hour * 3_600), name: series.name, count: count, usual: usual)
  }

  /// The middle count at this hour of the other days; nil where there are fewer than three.
  private func usual(_ series: Series, at hour: Int64) -> Int? {
    let offset = (hour - range.lowerBound) % Self.day
    let others = stride(from: range.lowerBound + offset, to: range.upperBound, by: Int64.Stride(Self.day))
      .filter { $0 != hour }.map { count(series, $0) }.sorted()
    return others.count < 3 ? nil : others[others.count / 2]
  }

  /// Of 24 hours that end so many hours before the last ones do; nil where the files begin later than they.
  private func sum(_ series: Series, before hours: Int64) -> Int? {
    let end = range.upperBound - hours
    guard hours == 0 || range.lowerBound <= end - Self.day else { return nil }
    return ((end - Self.day)..<end).reduce(0) { $0 + count(series, $1) }
  }

  private func count(_ series: Series, _ hour: Int64) -> Int {
    guard let counts = counts[hour] else { return 0 }
    return series.statuses.reduce(0) { $0 + counts[$1.rawValue] }
  }
}
