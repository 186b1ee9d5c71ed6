// The protocol of sources: a function from window and cursor to page.

/// One service that message traces are read from.
///
/// A source keeps no position of its own: the same window and cursor ask for the same page, so a test is a call and
/// resuming is starting again. It is called by one pipeline at a time, never twice at once. It obeys quota and
/// Retry-After itself; what it throws has been retried as far as that makes sense.
package protocol Source: Sendable {
  /// `event.provider`: `reporting` or `graph`.
  var provider: String { get }
  /// The widest window that one query may span.
  var widestWindow: Duration { get }
  /// How far back the service keeps rows.
  var retention: Duration { get }

  /// Reads one page. `cursor` is nil for the first page of the window, then what the page before gave as `next`.
  /// Rows may come in any order (Graph: newest first, Reporting: oldest first); a page may be empty and yet have a next one.
  func page(_ window: Window, after cursor: PageCursor?) async throws(Failure) -> Page
}
