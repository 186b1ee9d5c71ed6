// The Retry-After header.

package import IntakeCore

/// `Retry-After` in both spellings, clamped. RFC 9110 section 10.2.3.
package enum RetryAfter {
  /// Larger values are cut to this.
  package static let longest = Duration.seconds(3_600)

  /// The larger of several; nil if none can be read. A date counts from the server's own clock.
  package static func read(_ response: Response, now: Instant) -> Duration? {
    response.headers(named: "retry-after").compactMap { parse($0, now: response.date ?? now) }.max()
  }

  private static func parse(_ text: String, now: Instant) -> Duration? {
    if !text.isEmpty, text.utf8.allSatisfy({ $0 &- 0x30 <= 9 }) {
      return min(.seconds(Int64(text) ?? Int64.max / 1_000_000), RetryAfter.longest)
    }
    return HTTPDate.parse(text).map { min(max(.zero, $0 - now), RetryAfter.longest) }
  }
}
