// State on disk: checkpoint, ledger and redo journal, consistent after a kill, a power cut or a disk error.
//
//     lock              held by the process that works here
//     checkpoint.json   cursors, sink positions, lengths of the ledger's files: one line, replaced whole
//     journal/<n>.slot  one batch that some sink has not acknowledged yet, or room for the next one
//     seen/<n>.idx      one segment of the ledger: identities already delivered, sorted by time; the last is a log
//     damaged-<n>/      what a rebuild has set aside
//     rejected.ndjson   events that a receiver has refused for good (DeadLetters)
//
// The ledger: a segment (LedgerSegment) is a file of blocks (LedgerBlock), a slot in a block one identity. Opening reads
// none of them; looking up a row loads the quarter of an hour in which it was received (RecallingLedger).
//
// Other files of the directory belong to other targets: quota and details-quota (HTTPTransport), details-queue,
// status.json and backfill.json (the executable).

package import IntakeCore

/// The state of one tenant's collection. See `StateStore` for when its operations are called.
package struct StateDirectory: StateStore {
  package private(set) var checkpoint: Checkpoint
  package var ledger: RecallingLedger
  package private(set) var pending: [UInt64]

  private let path: String
  private let tenant: String
  private let folder: LockedStateFolder
  private var journal: Journal
  /// Before it no read looks again, but for a backfill.
  private var horizon: Age
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
  ///   - recalled: identities of rows outside of their windows are known since then: what a backfill needs. nil for
  ///     those that live collection and revisits can see.
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
    ledger = recovered.ledger
    journal = recovered.journal
    pending = recovered.pending
    horizon = recovered.horizon
  }

  /// Gives the lock back; the value must not be used any more.
  package func close() {
    journal.tidy()
    folder.close()
  }

  package mutating func journal(_ batch: Batch, cursors: [String: Instant]) throws(Failure) -> JournalEntry {
    let sequence = checkpoint.sequence + 1
    guard !isBroken, pending.last.map({ $0 < sequence }) ?? true else { throw outOfStep("journal") }
    if let fault = ledger.fault { throw failed(fault, "Reading the ledger") }
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
    if let fault = ledger.fault { throw failed(fault, "Reading the ledger") }
    var sequence = checkpoint.sequence
    while sequence < next.sequence {
      sequence += 1
      try record(sequence)
    }
    do {
      try replace(next)
    } catch {
      isBroken = true
      throw error.failure("state", "Writing the checkpoint in \(path)")
    }
    do {
      try removeDelivered()
    } catch {
      isBroken = true
      throw error.failure("state", "Removing delivered entries of the journal in \(path)")
    }
  }

  package mutating func recall(_ received: Range<Instant>) throws(Failure) {
    guard !isBroken else { throw outOfStep("recall") }
    ledger.recall(received)
  }

  package mutating func prune(before horizon: Instant) throws(Failure) {
    guard !isBroken else { throw outOfStep("prune") }
    let age = Age(horizon)
    let oldest = (horizon - Self.keptOnDisk).wholeSeconds
    ledger.prune(before: age)
    do throws(LedgerFault) {
      let expired = try ledger.updateFiles { files in files.expire(before: oldest) }
      guard !expired.isEmpty || age != self.horizon else { return }
      self.horizon = age
      do { try replace(checkpoint) } catch { throw .disk(error) }
      try ledger.updateFiles { files throws(LedgerFault) in
        try LedgerFault.of { () throws(FileFault) in try files.remove(expired) }
      }
    } catch {
      throw failed(error, "Pruning the ledger")
    }
  }

  /// The step record for one entry.
  private mutating func record(_ sequence: UInt64) throws(Failure) {
    let known = uncommitted[sequence]
    let entries: [Batch.Entry]
    if let known { entries = known } else { entries = try entry(sequence).entries }
    do {
      try ledger.record(entries, sequence: sequence, acknowledged: acknowledged, isNew: known != nil)
    } catch {
      throw failed(error, "Writing the ledger")
    }
    uncommitted[sequence] = nil
  }

  /// No sink of the checkpoint lacks an entry up to this one.
  private var acknowledged: UInt64 { checkpoint.sinks.values.reduce(checkpoint.sequence) { min($0, $1.sequence) } }

  /// The step commit.
  private mutating func replace(_ next: Checkpoint) throws(FileFault) {
    let stored = StoredCheckpoint(tenant: tenant, checkpoint: next, segments: ledger.files.segments, horizon: horizon)
    try CheckpointFile.replace(stored.bytes, in: folder.root, files: folder.files)
    checkpoint = next
  }

  /// The step remove: an entry is removed once the checkpoint covers it and every sink has acknowledged it; a file of the
  /// ledger, once the checkpoint does not list it.
  private mutating func removeDelivered() throws(FileFault) {
    let last = acknowledged
    try journal.remove(through: last)
    try ledger.removeReplaced()
    pending.removeAll { $0 <= last }
  }

  private mutating func failed(_ fault: LedgerFault, _ doing: String) -> Failure {
    isBroken = true
    switch fault {
    case .disk(let fault): return fault.failure("state", "\(doing) in \(path)")
    case .corrupt(let name): return Recovery.corrupt(path, "seen/\(name)")
    }
  }

  private func outOfStep(_ what: String) -> Failure {
    Failure(
      "state.order", exit: .bug, "Writing the state in \(path): \(what) was called out of order or after a failure.",
      hint: "Restart: opening the state recovers it.")
  }
}
