// How much time the next window of a longer span covers: much where there is little mail, little where there is much.

internal import IntakeCore

/// The length of the next window, adapted to the pages of the windows before it.
package struct WindowLength: Sendable {
  package private(set) var current: Duration
  private let limits: ClosedRange<Duration>

  package init(first: Duration, limits: ClosedRange<Duration>) {
    current = first
    self.limits = limits
  }

  /// Few requests where there is little mail, little to repeat after a kill where there is much.
  /// - Parameter pages: of the window that was read last.
  package mutating func adapt(pages: Int) {
    if pages <= 1 { current = min(current * 2, limits.upperBound) }
    if pages > 8 { current = max(current / 2, limits.lowerBound) }
  }
}
