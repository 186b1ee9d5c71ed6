// The events of one page on their way to the sinks.

/// The events of one page, made ready for the sinks: one reused NDJSON buffer and an entry for each line in it.
package struct Batch: Sendable {
  /// One event: its identity, the row's received time (for the ledger's pruning) and where its line ends, LF included.
  package struct Entry: Sendable, Equatable {
    package var identity: Identity
    package var received: Instant
    package var end: Int

    package init(identity: Identity, received: Instant, end: Int) {
      self.identity = identity
      self.received = received
      self.end = end
    }
  }

  package var bytes: [UInt8] = []
  package var entries: [Entry] = []
  /// Rows seen, rows left out because the ledger knew them, rows that left as `pipeline_error`.
  package var rows = 0
  package var duplicates = 0
  package var failed = 0

  package init() {}

  /// Empties the batch and keeps its memory.
  package mutating func clear() {
    bytes.removeAll(keepingCapacity: true)
    entries.removeAll(keepingCapacity: true)
    rows = 0
    duplicates = 0
    failed = 0
  }
}
