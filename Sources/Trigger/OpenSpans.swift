// What passes and backfills say of spans that stay open, and when they give one up.

package import IntakeCore

extension OpenSpan {
  /// True if no later try can read it whole: its identities are no longer held, or the service no longer keeps its rows.
  package func isLost(_ now: Instant, retention: Duration) -> Bool {
    now - opened > Self.longest || window.start < now - retention
  }
}

extension Log {
  /// Warns of a span that was left open.
  package func spanLeftOpen(_ window: Window, _ failure: Failure) {
    self(
      .warning, Failure.Code.openSpan.rawValue, "A span cannot be read and stays open: \(failure.sentence)",
      Self.values(window))
  }

  package func spanRead(_ window: Window) {
    self(.info, "source.span_read", "An open span has been read.", Self.values(window))
  }

  /// Warns of rows that are lost.
  /// - Parameters:
  ///   - cursor: what would have read them.
  ///   - window: when they were received.
  package func gap(_ cursor: String, _ window: Window) {
    self(
      .warning, "source.gap",
      "A span left the service's retention before it was read; its rows are lost.",
      [("cursor", cursor)] + Self.values(window))
  }

  private static func values(_ window: Window) -> [(String, String)] {
    [("from", Timestamp.text(window.start)), ("to", Timestamp.text(window.end))]
  }
}

extension Failure {
  /// nil where no span is open.
  package static func open(_ spans: [OpenSpan], hint: String) -> Failure? {
    guard let first = spans.first else { return nil }
    let span = "\(Timestamp.text(first.window.start)) to \(Timestamp.text(first.window.end))"
    return Failure(
      .openSpan, exit: .tryLater,
      "Reading windows: the service cannot return \(spans.count) span\(spans.count == 1 ? "" : "s"), the first is \(span).",
      hint: hint, recovery: .later(after: nil))
  }
}

extension Failure.Code {
  /// Part of a window could not be read and stays open.
  package static let openSpan = Self(rawValue: "source.open_span")
}
