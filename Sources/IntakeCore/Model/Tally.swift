// What a run has read and emitted, in numbers.

/// What one read of windows did, for the summary line and the metrics.
package struct Tally: Sendable, Equatable {
  package var windows = 0
  package var pages = 0
  package var rows = 0
  package var emitted = 0
  package var duplicates = 0
  package var failed = 0

  package init() {}

  /// What was counted since `right`.
  package static func - (left: Tally, right: Tally) -> Tally {
    var tally = left
    tally.windows -= right.windows
    tally.pages -= right.pages
    tally.rows -= right.rows
    tally.emitted -= right.emitted
    tally.duplicates -= right.duplicates
    tally.failed -= right.failed
    return tally
  }

  package static func += (left: inout Tally, right: Tally) {
    left.windows += right.windows
    left.pages += right.pages
    left.rows += right.rows
    left.emitted += right.emitted
    left.duplicates += right.duplicates
    left.failed += right.failed
  }
}
