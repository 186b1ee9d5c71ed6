// The protocol of mappings.

/// Maps rows to events: one page in, its events appended to a batch.
///
/// Never throws: a row that cannot be mapped leaves as a `pipeline_error` event and is counted.
package protocol Normalising: Sendable {
  /// Maps every row of `page` whose identity `ledger` takes as new; `created` becomes `event.created`.
  func normalise(_ page: Page, created: Instant, into batch: inout Batch, ledger: inout some Ledger)
}
