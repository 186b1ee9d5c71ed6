// How much of a quota is used, read without holding it.

package import IntakeCore

/// The requests of the last span.
package struct QuotaUsage: Sendable, Equatable {
  package let limit: QuotaLimit
  /// Ascending times of the requests.
  var stamps: [Instant]

  /// A time in the future (the clock was set back) counts as now: it may cost a wait, but never more than one span.
  init(_ stamps: [Instant], limit: QuotaLimit, now: Instant) {
    self.limit = limit
    self.stamps = stamps.map { min($0, now) }.filter { now - $0 < limit.span }.sorted()
  }

  /// From the file that a `Quota` keeps; nil if no request was ever counted there.
  package init?(file: String, limit: QuotaLimit, now: Instant) {
    guard let bytes = try? FileBytes.read(file, purpose: "request count", limit: 1 << 20) else { return nil }
    self.init(Self.stamps(bytes[...]), limit: limit, now: now)
  }

  package var used: Int { stamps.count }

  /// How long until at most `allowed` requests are counted; zero if that is so now.
  package func wait(until allowed: Int, now: Instant) -> Duration {
    let allowed = max(0, allowed)
    guard stamps.count > allowed else { return .zero }
    return max(.milliseconds(1), stamps[stamps.count - 1 - allowed] + limit.span - now)
  }

  /// One decimal number of ticks a line; other lines are ignored.
  static func stamps(_ bytes: ArraySlice<UInt8>) -> [Instant] { QuotaRecord(bytes).stamps }
}
