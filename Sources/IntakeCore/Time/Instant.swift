// A point in time in UTC, counted in the finest unit that either service writes: 100 nanoseconds.

/// 100-nanosecond ticks since 1970-01-01T00:00:00Z; years 1 to 9999 fit.
@usableFromInline
package struct Instant: Hashable, Comparable, Sendable {
  @usableFromInline package var ticks: Int64

  @inlinable package init(ticks: Int64) { self.ticks = ticks }

  /// From whole seconds since 1970; saturates at the ends of the representable range.
  package init(seconds: Int64) {
    let (ticks, overflow) = seconds.multipliedReportingOverflow(by: Self.perSecond)
    self.ticks = overflow ? (seconds < 0 ? Int64.min : Int64.max) : ticks
  }

  @inlinable package static var perSecond: Int64 { 10_000_000 }
  /// 0001-01-01T00:00:00Z and the last tick of 9999: what four-digit years can say.
  @inlinable package static var earliest: Instant { Instant(ticks: -621_355_968_000_000_000) }
  @inlinable package static var latest: Instant { Instant(ticks: 2_534_023_007_999_999_999) }

  @inlinable package static func < (left: Instant, right: Instant) -> Bool { left.ticks < right.ticks }

  /// The nearest instant that four-digit years can say, in ticks.
  @inlinable package var representableTicks: Int64 { min(max(ticks, Self.earliest.ticks), Self.latest.ticks) }

  /// Saturating: time arithmetic on remote values must not trap.
  package static func + (left: Instant, right: Duration) -> Instant {
    let (sum, overflow) = left.ticks.addingReportingOverflow(right.ticks)
    return Instant(ticks: overflow ? (right.ticks < 0 ? Int64.min : Int64.max) : sum)
  }

  package static func - (left: Instant, right: Duration) -> Instant { left + (.zero - right) }

  package static func - (left: Instant, right: Instant) -> Duration {
    let (difference, overflow) = left.ticks.subtractingReportingOverflow(right.ticks)
    return .ticks(overflow ? (left < right ? Int64.min : Int64.max) : difference)
  }
}

extension Duration {
  /// Whole 100-nanosecond ticks, saturating.
  package var ticks: Int64 {
    let (seconds, attoseconds) = components
    let (whole, overflow) = seconds.multipliedReportingOverflow(by: Instant.perSecond)
    guard !overflow else { return seconds < 0 ? Int64.min : Int64.max }
    let (sum, tooFar) = whole.addingReportingOverflow(attoseconds / 100_000_000_000)
    return tooFar ? (seconds < 0 ? Int64.min : Int64.max) : sum
  }

  package static func ticks(_ ticks: Int64) -> Duration {
    .seconds(ticks / Instant.perSecond) + .nanoseconds((ticks % Instant.perSecond) * 100)
  }

  /// Seconds with fraction, for people and metrics.
  package var inSeconds: Double { Double(components.seconds) + Double(components.attoseconds) / 1e18 }
}
