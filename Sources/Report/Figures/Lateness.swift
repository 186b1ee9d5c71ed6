// How long after a message was received its row reached us, in a few steps that people think in.

internal import IntakeCore

struct Lateness {
  static let steps: [(label: String, upTo: Duration)] = [
    ("up to 5 minutes", .seconds(300)), ("up to 15 minutes", .seconds(900)), ("up to 1 hour", .seconds(3_600)),
    ("up to 6 hours", .seconds(6 * 3_600)), ("up to 24 hours", .seconds(86_400)),
  ]
  private static let limits = steps.map(\.upTo.ticks)

  /// One for each step, then those that took longer.
  private(set) var counts = [Int](repeating: 0, count: steps.count + 1)
  /// Read before they were received: one of the clocks is wrong.
  private(set) var early = 0

  mutating func add(received: Instant, read: Instant) {
    guard read.ticks >= received.ticks else {
      early += 1
      return
    }
    let (ticks, overflow) = read.ticks.subtractingReportingOverflow(received.ticks)
    let step = overflow ? nil : Self.limits.firstIndex { ticks <= $0 }
    counts[step ?? Self.steps.count] += 1
  }

  var total: Int { counts.reduce(early, +) }

  var labeled: [(label: String, count: Int)] {
    zip(Self.steps.map(\.label) + ["more than 24 hours"], counts).map { ($0, $1) }
      + (early > 0 ? [("negative: clocks differ", early)] : [])
  }
}
