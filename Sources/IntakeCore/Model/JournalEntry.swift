// One batch in the journal.

/// One batch on local disk, synced before any sink sees it.
package struct JournalEntry: Sendable {
  /// 1, 2, 3 … without holes.
  package var sequence: UInt64
  /// NDJSON, ends with LF.
  package var bytes: [UInt8]
  /// One for each line of `bytes`, in order; `end` is the offset after its LF.
  package var entries: [Batch.Entry]
  /// The cursors as they are once this entry is committed.
  package var cursors: [String: Instant]

  package init(sequence: UInt64, bytes: [UInt8], entries: [Batch.Entry], cursors: [String: Instant]) {
    self.sequence = sequence
    self.bytes = bytes
    self.entries = entries
    self.cursors = cursors
  }
}
