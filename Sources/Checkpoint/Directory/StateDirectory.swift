// State on disk: checkpoint, ledger and redo journal, consistent after a kill, a power cut or a disk error.
//
//     lock              held by the process that works here
//     checkpoint.json   cursors, sink positions, lengths of the ledger's files: one line, replaced whole
//     journal/<n>.j     one batch that some sink has not acknowledged yet
//     seen/<n>.idx      one segment of the ledger: identities already delivered
//     damaged-<n>/      what a rebuild has set aside
//     rejected.ndjson   events that a receiver has refused for good (DeadLetters)
//
// The ledger: a segment (LedgerFiles) is a file of blocks (LedgerBlocks), a block holds the identities of one journal
// entry, a slot one identity; opening loads the slots into a table in memory (LedgerTable).
//
// Other files of the directory belong to other targets: quota and details-quota (HTTPTransport), details-queue,
// status.json and backfill.json (the executable).

package import IntakeCore

/// The state of one tenant's collection. See `StateStore` for when its operations are called.
package struct StateDirectory: StateStore {
  package private(set) var checkpoint: Checkpoint
  package var ledger: LedgerTable
  package private(set) var pending: [UInt64]

  private let path: String
  private let tenant: String
  private let folder: LockedStateFolder
  private var journal: Journal
  /// What the checkpoint says of the oldest identities that opening must load.
  private var horizon: Age
  private var ledgerFiles: LedgerFiles
  /// Identities of entries journaled here and not yet committed.
  private var uncommitted: [UInt64: [Batch.Entry]] = [:]
  /// Set by the first failed operation: what is on disk is only known after opening the state again.
  private var isBroken = false

  /// Identities older than the horizon stay on disk for the longest retention of the services and one day more, so that
  /// a backfill knows of every row that it can read whether it was delivered.
  static let keptOnDisk: Duration = .seconds(91 * 86_400)

  package var journalSize: Int { journal.sizes.values.reduce(0, +) }

  /// Opens or makes the state directory and recovers what a crash left.
  ///
  /// - Parameters:
  ///   - path: made with mode 0700 where it is missing.
  ///   - recalled: identities of rows received since then are held, however old: what a backfill needs. nil for those
  ///     that live collection and revisits can see.
  ///   - tenant: whose state it is; the mode is no part of it, so that switching mode keeps the state.
  /// - Throws: `state.locked` (75), `state.foreign`, `state.version`, `state.perms` (78, 77), `state.corrupt` (65),
  ///   `state.gap` (70), or what the disk says (71, 73, 74).
  package static func open(
    _ path: String, tenant: String, log: Log, recalling recalled: Instant? = nil
  ) throws(Failure) -> StateDirectory {
    try open(path, tenant: tenant, log: log, recalling: recalled, files: .system)
  }

  /// With faults, for tests.
  package static func open(
    _ path: String, tenant: String, log: Log, recalling recalled: Instant? = nil, files: FileCalls
  ) throws(Failure) -> StateDirectory {
    let folder = try LockedStateFolder.open(path, files: files)
    do {
      let recovery = Recovery(
        folder, path: path, tenant: tenant, log: log, recalling: recalled.map { Age($0) })
      return StateDirectory(try recovery.run(), folder, path, tenant)
    } catch {
      folder.close()
      throw error
    }
  }

  init(_ recovered: Recovery.Result, _ folder: LockedStateFolder, _ path: String, _ tenant: String) {
    self.folder = folder
    self.path = path
    self.tenant = tenant
    checkpoint = recovered.checkpoint
    ledger = recovered.table
    ledgerFiles = recovered.ledgerFiles
    journal = recovered.journal
    pending = recovered.pending
    horizon = recovered.horizon
  }

  /// Gives the lock back; the value must not be used any more.
  package func close() { folder.close() }

  package mutating func journal(_ batch: Batch, cursors: [String: Instant]) throws(Failure) -> JournalEntry {
    let sequence = checkpoint.sequence + 1
    guard !isBroken, pending.last.map({ $0 < sequence }) ?? true else { throw outOfStep("journal") }
    let entry = JournalEntry(sequence: sequence, bytes: batch.bytes, entries: batch.entries, cursors: cursors)
    do {
      try journal.write(entry)
    } catch {
      isBroken = true
      throw error.failure("state", "Writing the journal in \(path)")
    }
    uncommitted[sequence] = entry.entries
    pending.append(sequence)
    return entry
  }

  package func entry(_ sequence: UInt64) throws(Failure) -> JournalEntry {
    do {
      if let entry = try journal.read(sequence) { return entry }
    } catch {
      throw error.failure("state", "Reading the journal in \(path)")
    }
    throw Journal.corrupt(sequence, path)
  }

  package var reader: any JournalReading { journal.reader(path) }

  package mutating func commit(_ next: Checkpoint) throws(Failure) {
    guard !isBroken, next.sequence >= checkpoint.sequence else { throw outOfStep("commit") }
    var sequence = checkpoint.sequence
    while sequence < next.sequence {
      sequence += 1
      try record(sequence)
    }
    try replace(next)
    try removeDelivered()
  }

  package mutating func recall(_ received: Range<Instant>) throws(Failure) {}

  package mutating func prune(before horizon: Instant) throws(Failure) {
    guard !isBroken else { throw outOfStep("prune") }
    let age = Age(horizon)
    ledger.prune(before: age)
    let expired = ledgerFiles.expire(before: Age(horizon - Self.keptOnDisk))
    guard !expired.isEmpty || age != self.horizon else { return }
    self.horizon = age
    try replace(checkpoint)
    do {
      try ledgerFiles.remove(expired)
    } catch {
      isBroken = true
      throw error.failure("state", "Pruning the ledger in \(path)")
    }
  }

  /// The step record for one entry: into the ledger on disk, and in memory where a restart has brought it back.
  private mutating func record(_ sequence: UInt64) throws(Failure) {
    let entries: [Batch.Entry]
    if let known = uncommitted[sequence] { entries = known } else { entries = try entry(sequence).entries }
    var slots: [LedgerTable.Slot] = []
    slots.reserveCapacity(entries.count)
    for entry in entries {
      let slot = LedgerTable.Slot(entry.identity, Age(entry.received))
      slots.append(slot)
      ledger.insert(slot)
    }
    do {
      try ledgerFiles.append(slots, sequence: sequence)
    } catch {
      isBroken = true
      throw error.failure("state", "Writing the ledger in \(path)")
    }
    uncommitted[sequence] = nil
  }

  /// The step commit.
  private mutating func replace(_ next: Checkpoint) throws(Failure) {
    let stored = StoredCheckpoint(tenant: tenant, checkpoint: next, segments: ledgerFiles.segments, horizon: horizon)
    do {
      try CheckpointFile.replace(stored.bytes, in: folder.root, files: folder.files)
    } catch {
      isBroken = true
      throw error.failure("state", "Writing the checkpoint in \(path)")
    }
    checkpoint = next
  }

  /// The step remove: an entry is removed once the checkpoint covers it and every sink has acknowledged it.
  private mutating func removeDelivered() throws(Failure) {
    let last = checkpoint.sinks.values.reduce(checkpoint.sequence) { min($0, $1.sequence) }
    do {
      try journal.remove(through: last)
    } catch {
      isBroken = true
      throw error.failure("state", "Removing delivered entries of the journal in \(path)")
    }
    pending.removeAll { $0 <= last }
  }

  private func outOfStep(_ what: String) -> Failure {
    Failure(
      "state.order", exit: .bug, "Writing the state in \(path): \(what) was called out of order or after a failure.",
      hint: "Restart: opening the state recovers it.")
  }
}
