// Mail by hour and status, and the columns that are drawn from it.

internal import IntakeCore

/// Counts by hour in UTC.
struct Timeline {
  /// One column: everything received from `start` on, for the timeline's `step`.
  struct Column: Equatable {
    var start: Instant
    /// By raw value of the status.
    var counts: [Int]

    var total: Int { counts.reduce(0, +) }
    func count(_ status: MailStatus) -> Int { counts[status.rawValue] }
  }

  /// What is drawn.
  struct Drawing {
    var columns: [Column] = []
    var step: Duration = .seconds(3_600)
    /// Events with times too far from all others to be drawn.
    var leftOut = 0

    /// From the first column's start to the last one's end.
    var window: Window? {
      guard let first = columns.first, let last = columns.last else { return nil }
      return Window(start: first.start, end: last.start + step)
    }
  }

  /// The most distinct hours: 27 months. Mail of further hours is counted together.
  private static let mostHours = 20_000
  /// The longest time drawn, in hours.
  private static let longest: Int64 = 400 * 24
  /// Up to so many hours each has a column of its own: 14 days.
  private static let mostSingleHours: Int64 = 14 * 24

  /// Counts by hour since 1970, in no order.
  var hourly: [(hour: Int64, counts: [Int])] { hours }

  private var places: [Int64: Int] = [:]
  private var hours: [(hour: Int64, counts: [Int])] = []
  private var last: (hour: Int64, place: Int)?
  private var beyond = 0

  mutating func add(_ instant: Instant, _ status: MailStatus) {
    let perHour = 3_600 * Instant.perSecond
    let hour = instant.ticks / perHour - (instant.ticks % perHour < 0 ? 1 : 0)
    guard let place = place(of: hour) else {
      beyond += 1
      return
    }
    hours[place].counts[status.rawValue] += 1
  }

  private mutating func place(of hour: Int64) -> Int? {
    if let last, last.hour == hour { return last.place }
    if let known = places[hour] {
      last = (hour, known)
      return known
    }
    guard hours.count < Self.mostHours else { return nil }
    hours.append((hour, [Int](repeating: 0, count: MailStatus.allCases.count)))
    places[hour] = hours.count - 1
    last = (hour, hours.count - 1)
    return hours.count - 1
  }

  /// Columns without holes, of an hour each, or of a day where there are too many of those.
  func drawing() -> Drawing {
    let sorted = hours.sorted { $0.hour < $1.hour }
    guard let oldest = sorted.first?.hour, let newest = sorted.last?.hour else { return Drawing(leftOut: beyond) }
    let range = newest - oldest < Self.longest ? oldest...newest : middle(sorted)
    let size: Int64 = range.upperBound - range.lowerBound < Self.mostSingleHours ? 1 : 24
    return draw(sorted, range, hoursInColumn: size)
  }

  /// Without the first and the last two-hundredth: one wrong clock must not stretch the picture over centuries.
  private func middle(_ sorted: [(hour: Int64, counts: [Int])]) -> ClosedRange<Int64> {
    let total = sorted.reduce(0) { $0 + $1.counts.reduce(0, +) }
    let tail = total / 200
    var passed = 0
    var first: Int64?
    var last: Int64 = 0
    for (hour, counts) in sorted where passed < total - tail {
      passed += counts.reduce(0, +)
      if first == nil, passed > tail { first = hour }
      last = hour
    }
    return max(first ?? last, last - Self.longest + 1)...last
  }

  private func draw(
    _ sorted: [(hour: Int64, counts: [Int])], _ range: ClosedRange<Int64>, hoursInColumn size: Int64
  ) -> Drawing {
    func first(_ hour: Int64) -> Int64 { hour - ((hour % size) + size) % size }
    var drawing = Drawing(step: .seconds(3_600 * size), leftOut: beyond)
    let begin = first(range.lowerBound)
    for start in stride(from: begin, through: range.upperBound, by: Int64.Stride(size)) {
      drawing.columns.append(
        Column(
          start: Instant(seconds: start * 3_600), counts: [Int](repeating: 0, count: MailStatus.allCases.count)))
    }
    for (hour, counts) in sorted {
      guard range.contains(hour) else {
        drawing.leftOut += counts.reduce(0, +)
        continue
      }
      let place = Int((first(hour) - begin) / size)
      for index in counts.indices { drawing.columns[place].counts[index] += counts[index] }
    }
    return drawing
  }
}
