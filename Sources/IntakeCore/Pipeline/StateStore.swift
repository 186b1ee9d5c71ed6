// Persistent state: cursors, sink positions, the ledger and the journal.

/// Durable state, held by one process at a time: the steps journal, record, commit and remove of <doc:CommitProtocol>.
///
/// Called by one pipeline, one call at a time; calls may block. Any failure counts as a crash at that point: the caller drops
/// the store and opens a new one, which recovers.
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

  /// The step journal: makes the batch durable. From here on no row of it has to be read again.
  mutating func journal(_ batch: Batch, cursors: [String: Instant]) throws(Failure) -> JournalEntry
  /// Reads one entry of `pending` back, verified.
  func entry(_ sequence: UInt64) throws(Failure) -> JournalEntry
  /// Reads entries for sinks that are behind, beside everything else.
  var reader: any JournalReading { get }
  /// The steps record, commit and remove: appends the identities of newly covered entries to the ledger, replaces the
  /// checkpoint, removes the entries that no sink in `checkpoint.sinks` needs any more.
  mutating func commit(_ checkpoint: Checkpoint) throws(Failure)
  /// Makes the identities of rows received in this span known to `ledger`; may forget others. Called before the rows of a
  /// window are mapped, and never for a window without rows.
  ///
  /// The span is the window with ``Pipeline/recallMargin`` on either side: the services round times differently. Two
  /// kinds of identities stay known whatever the span is, until they are pruned: those whose entry says
  /// ``Batch/Entry/isOutsideWindow``, and those that are not committed yet. With an empty span only these are needed.
  mutating func recall(_ received: Range<Instant>) throws(Failure)
  /// Forgets identities received before `horizon`: neither live collection nor a revisit can see them again. What a
  /// backfill may still see stays on disk, for as long as either service keeps rows.
  mutating func prune(before horizon: Instant) throws(Failure)
}

/// Reads journal entries from any thread while the store goes on; it outlives no store.
package protocol JournalReading: Sendable {
  /// Reads one entry back, verified. Asked only for entries that some sink of the checkpoint still lacks.
  /// - Throws: `journal.corrupt` (65) where it is missing or damaged, or what the disk says.
  func entry(_ sequence: UInt64) throws(Failure) -> JournalEntry
}
