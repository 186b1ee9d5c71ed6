// How much time the next window of a longer span covers: much where there is little mail, little where there is much.

package import IntakeCore

/// The length of the next window, adapted to what the windows before it held.
package struct WindowLength: Sendable {
  package private(set) var current: Duration
  private let limits: ClosedRange<Duration>

  /// Half of the smaller service's page. An answer with more rows may have been cut, by a service that gives fewer than it
  /// was asked for and no next link: no sign of little mail.
  private static let fewRows = 1_000

  package init(first: Duration, limits: ClosedRange<Duration>) {
    current = first
    self.limits = limits
  }

  /// Few requests where there is little mail, little to repeat after a kill where there is much.
  /// - Parameter tally: of the last window, which was read to its end: one that failed says nothing.
  package mutating func adapt(to tally: Tally) {
    if tally.pages <= 1, tally.rows < Self.fewRows { current = min(current * 2, limits.upperBound) }
    if tally.pages > 8 { current = max(current / 2, limits.lowerBound) }
  }
}
