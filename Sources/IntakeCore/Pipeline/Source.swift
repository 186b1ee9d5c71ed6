// What is read from: a function from window and cursor to page.

/// One service that gives out message traces.
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
  /// Rows may come in any order (both services: newest first); a page may be empty and yet have a next one.
  func page(_ window: Window, after cursor: PageCursor?) async throws(Failure) -> Page
}

/// What maps rows to events: one page in, its events appended to a batch.
///
/// Never throws: a row that cannot be mapped leaves as a `pipeline_error` event and is counted.
package protocol Normalising: Sendable {
  /// Maps every row of `page` whose identity `ledger` takes as new; `created` becomes `event.created`.
  func normalise(_ page: Page, created: Instant, into batch: inout Batch, ledger: inout some Ledger)
}

/// The identities already delivered.
package protocol Ledger {
  /// True if the identity was not yet known; it is from then on. What is not committed is forgotten on reopening.
  mutating func insert(_ identity: Identity, received: Instant) -> Bool
}
