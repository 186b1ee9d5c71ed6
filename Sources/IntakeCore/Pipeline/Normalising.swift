// The protocol of mappings.

/// Maps rows to events: one page in, its events appended to a batch.
///
/// Never throws: a row that cannot be mapped leaves as a `pipeline_error` event and is counted.
package protocol Normalising: Sendable {
  /// Maps every row of `page` whose identity `ledger` takes as new; `created` becomes `event.created`.
  ///
  /// Begins at ``Batch/rest`` where that is set. A mapping may stop before the page's end once the batch is large enough, and
  /// says in `rest` where; else it sets `rest` to nil. It is then called again with an empty batch and the same page.
  func normalise(_ page: Page, created: Instant, into batch: inout Batch, ledger: inout some Ledger)
}
