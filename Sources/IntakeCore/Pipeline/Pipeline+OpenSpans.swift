// Spans that stay open: committed with the cursor that moves beyond them, tried again until they are read or given up.

extension Pipeline {
  /// Tries an open span again: what of it is read is closed, the rest stays open.
  /// - Returns: what was read, and the failure that keeps a part open.
  /// - Throws: what is not the source's: state, sinks, a stop.
  package mutating func retry(_ span: OpenSpan) async throws(Failure) -> (tally: Tally, failure: Failure?) {
    var tally = Tally()
    var failure: Failure?
    let before = unread.count
    do throws(Failure) {
      tally = try await read(span.window, moving: nil, age: .zero)
    } catch {
      guard error.isOfSource else { throw error }
      failure = error
    }
    let parts = unread.dropFirst(before)
    unread.removeLast(parts.count)
    let left = failure == nil ? parts.map(\.window) : [span.window]
    try replace(span, with: left)
    return (tally, failure ?? parts.first?.failure)
  }

  /// Forgets an open span.
  package mutating func giveUp(_ span: OpenSpan) throws(Failure) { try replace(span, with: []) }

  /// Closes the open spans that lie in a window which was read whole.
  mutating func closeSpans(in window: Window) throws(Failure) {
    var checkpoint = state.checkpoint
    checkpoint.openSpans.removeAll { $0.window.start >= window.start && $0.window.end <= window.end }
    try commit(checkpoint)
  }

  private mutating func replace(_ span: OpenSpan, with left: [Window]) throws(Failure) {
    var checkpoint = state.checkpoint
    checkpoint.openSpans.removeAll { $0.window.touches(span.window) }
    for window in left {
      checkpoint.leaveOpen(OpenSpan(window: window, opened: span.opened, tried: time.now()))
    }
    try commit(checkpoint)
  }

  /// Commits that a window could not be read; only then may a cursor move beyond it.
  mutating func leaveOpen(_ window: Window, _ failure: Failure) throws(Failure) {
    var checkpoint = state.checkpoint
    checkpoint.leaveOpen(OpenSpan(window: window, opened: time.now(), tried: time.now()))
    guard checkpoint.openSpans.count <= OpenSpan.most else { throw failure }
    try commit(checkpoint)
    unread.append((window, failure))
  }
}

extension Failure {
  /// What the service said or did not say, as opposed to state, sinks and stops.
  package var isOfSource: Bool { code.rawValue.hasPrefix("source.") && code != .throttled && exit != .denied }
}
