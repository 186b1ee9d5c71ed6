// A span that the service could not serve, although it served what lies around it.

/// A span that stays open: later windows go on without it, and later passes try it again.
package struct OpenSpan: Sendable, Equatable {
  package var window: Window
  /// When its first part failed.
  package var opened: Instant
  /// When it was last tried.
  package var tried: Instant

  package init(window: Window, opened: Instant, tried: Instant) {
    self.window = window
    self.opened = opened
    self.tried = tried
  }

  /// Spans at a time; with more of them the service as a whole fails.
  package static let most = 100
  /// After this a span is given up and reported as lost: until then the ledger holds its identities.
  package static let longest: Duration = .seconds(7 * 86_400)

  /// When the next try is due: after the time that it has been open, from a minute up to an hour.
  package var nextTry: Instant { tried + min(.seconds(3_600), max(.seconds(60), tried - opened)) }
}

extension Checkpoint {
  /// Adds a span that could not be read; one that touches others is united with them.
  mutating func leaveOpen(_ span: OpenSpan) {
    var union = span
    for other in openSpans where other.window.touches(span.window) {
      union.window.start = min(union.window.start, other.window.start)
      union.window.end = max(union.window.end, other.window.end)
      union.opened = min(union.opened, other.opened)
    }
    openSpans.removeAll { $0.window.touches(span.window) }
    openSpans.append(union)
    openSpans.sort { $0.window.start < $1.window.start }
  }
}

extension Window {
  func touches(_ other: Window) -> Bool { start <= other.end && other.start <= end }
}
