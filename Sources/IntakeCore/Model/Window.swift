// The span of time that one query reads.

/// A half-open span `[start, end)` of received times. The bounds of both services are
/// inclusive: sources ask for both ends, and the ledger drops rows that come twice.
package struct Window: Hashable, Sendable {
  package var start: Instant
  package var end: Instant

  package init(start: Instant, end: Instant) {
    self.start = start
    self.end = max(start, end)
  }

  /// What both services take: ten days. Microsoft Graph, "List messageTraces"; Reporting Web Service, MessageTrace report.
  package static let widest = Duration.seconds(10 * 86_400)

  package var span: Duration { end - start }
  package var isEmpty: Bool { start == end }

  /// The older and the newer half, cut at a whole second where the span allows it; nil below two seconds.
  package var halves: (older: Window, newer: Window)? {
    guard span >= .seconds(2) else { return nil }
    let half = span.ticks / 2
    let middle = Instant(ticks: start.ticks + half - half % Instant.perSecond)
    return (Window(start: start, end: middle), Window(start: middle, end: end))
  }
}
