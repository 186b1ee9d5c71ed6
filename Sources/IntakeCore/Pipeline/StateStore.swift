// Persistent state: cursors, sink positions, the ledger and the journal.

/// State on disk, held by one process at a time. Steps S4, S6, S7 and S8 of the commit protocol.
///
/// Any failure is a crash at that point: the caller drops the store and opens it anew, which recovers.
package protocol StateStore {
  associatedtype StoredLedger: Ledger

  /// As last committed.
  var checkpoint: Checkpoint { get }
  var ledger: StoredLedger { get set }
  /// Sequence numbers of the journal entries that some sink may still need, oldest first. After opening, the last may
  /// be `checkpoint.sequence + 1`: journaled, not yet committed; its identities are not in the ledger yet.
  var pending: [UInt64] { get }
  /// Bytes of the journal on disk, for the cap.
  var journalSize: Int { get }

  /// S4: journal file written, synced, renamed, directory synced. From here no row of the batch is read again.
  mutating func journal(_ batch: Batch, cursors: [String: Instant]) throws(Failure) -> JournalEntry
  /// Reads one entry of `pending` back, verified.
  func entry(_ sequence: UInt64) throws(Failure) -> JournalEntry
  /// S6 to S8: identities of the newly covered entries appended and synced, checkpoint replaced, entries that no sink
  /// in `checkpoint.sinks` needs any more removed.
  mutating func commit(_ checkpoint: Checkpoint) throws(Failure)
  /// Forgets identities received before `horizon`: neither live collection nor a revisit can see them again. What a
  /// backfill may still see stays on disk, for as long as either service keeps rows.
  mutating func prune(before horizon: Instant) throws(Failure)
}
