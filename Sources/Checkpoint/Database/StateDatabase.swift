// State in PostgreSQL: the same steps as in a directory, each one statement and with it one transaction, fenced by the
// tenant's epoch and revision. The tables: DatabaseSchema.
//
// A statement whose answer is lost is looked after: the revision of the tenant's row says whether it took effect. No
// transaction is ever left open between two round trips: a process that is paused holds no lock.

internal import Glibc
package import IntakeCore

/// The state of one tenant's collection, held by its lease. See `StateStore` for when its operations are called.
package struct StateDatabase: StateStore {
  package private(set) var checkpoint: Checkpoint
  package var ledger: DatabaseLedger
  package private(set) var pending: [UInt64]
  /// Of this state: its epoch, and who holds it.
  package let lease: TenantLease
  /// Bytes of each entry, by sequence number.
  private var sizes: [UInt64: Int]
  /// Of the tenant's row: every step raises it by one.
  private var revision: Int64
  /// Set by the first step that failed: what the database has is only known after opening the state again.
  private var isBroken = false
  /// Identities of entries journaled here and not yet committed.
  private var uncommitted: [UInt64: [Batch.Entry]] = [:]
  private var known: KnownHours
  /// Hours before it are pruned from the table.
  private var pruned: Int64

  /// As in a directory: for the longest retention of the services and one day more, so that a backfill knows of every row
  /// that it can read whether it was delivered.
  static let kept: Duration = .seconds(91 * 86_400)

  /// The tenant's documents, for as long as it is held.
  package var documents: any StateDocuments {
    DatabaseDocuments(lease.database, tenant: lease.tenant, lease: lease)
  }

  private var database: Database { lease.database }
  private var target: DatabaseTarget { database.target }

  package var journalSize: Int { sizes.values.reduce(0, +) }

  init(_ opened: DatabaseOpening.Result, _ lease: TenantLease) {
    self.lease = lease
    checkpoint = opened.checkpoint
    revision = opened.revision
    pruned = opened.pruned
    sizes = opened.sizes
    pending = opened.sizes.keys.sorted()
    ledger = opened.ledger
    known = KnownHours(outsideSince: opened.outsideSince)
  }

  /// Gives the lease back; the value must not be used any more.
  package func close() { lease.release() }

  package mutating func journal(_ batch: Batch, cursors: [String: Instant]) throws(Failure) -> JournalEntry {
    let sequence = checkpoint.sequence + 1
    guard !isBroken, pending.last.map({ $0 < sequence }) ?? true else { throw outOfStep("journal") }
    let entry = JournalEntry(sequence: sequence, bytes: batch.bytes, entries: batch.entries, cursors: cursors)
    let bytes = JournalCoding.whole(entry)
    try step("Writing the journal", Self.journaling, [.integer(Int64(clamping: sequence)), .bytes(bytes)])
    sizes[sequence] = bytes.count
    uncommitted[sequence] = entry.entries
    pending.append(sequence)
    return entry
  }

  package func entry(_ sequence: UInt64) throws(Failure) -> JournalEntry { try journalReader.entry(sequence) }

  package var reader: any JournalReading { journalReader }

  private var journalReader: DatabaseJournalReader { DatabaseJournalReader(lease: lease) }

  package mutating func commit(_ next: Checkpoint) throws(Failure) {
    guard !isBroken, next.sequence >= checkpoint.sequence else { throw outOfStep("commit") }
    var addition = LedgerAddition()
    var sequence = checkpoint.sequence
    while sequence < next.sequence {
      sequence += 1
      let entries: [Batch.Entry]
      if let known = uncommitted[sequence] { entries = known } else { entries = try entry(sequence).entries }
      addition.add(entries, sequence: sequence)
      for entry in entries { ledger.insert(entry.identity) }
    }
    let delivered = next.sinks.values.reduce(next.sequence) { min($0, $1.sequence) }
    let line = StoredCheckpoint(tenant: lease.tenant, checkpoint: next).bytes
    try step(
      "Writing the checkpoint", Self.committing,
      [.integer(Int64(clamping: next.sequence)), .bytes(line), .integer(Int64(clamping: delivered))]
        + addition.values)
    for done in uncommitted.keys where done <= next.sequence { uncommitted[done] = nil }
    checkpoint = next
    pending.removeAll { $0 <= delivered }
    for old in sizes.keys where old <= delivered { sizes[old] = nil }
  }

  package mutating func recall(_ received: Range<Instant>) throws(Failure) {
    guard !isBroken else { throw outOfStep("recall") }
    known.makeRoom(in: &ledger, keeping: uncommitted)
    do throws(DatabaseTrouble) {
      guard let span = known.missing(received) else { return }
      let rows = try database.runAgain(
        Self.recalling,
        [
          .text(lease.tenant), .integer(span.hours.lowerBound), .integer(span.hours.upperBound),
          .integer(span.outsideSince), .integer(known.outsideSince), .text(lease.mark), .integer(revision),
        ]
      ).rows
      guard rows.contains(where: { $0.bytes(0) == nil }) else { throw try lease.lost("Reading the ledger") }
      for row in rows where row.bytes(0) != nil { try DatabaseOpening.load(row, into: &ledger, target) }
      known.add(span)
    } catch {
      throw error.failure("Reading the ledger", target)
    }
  }

  package mutating func prune(before horizon: Instant) throws(Failure) {
    guard !isBroken else { throw outOfStep("prune") }
    let oldest = LedgerHour(horizon - Self.kept).number
    guard oldest > pruned else { return }
    try step("Pruning the ledger", Self.pruning, [.integer(LedgerHour(horizon).number), .integer(oldest)])
    pruned = oldest
  }

  /// Runs a step: one statement, whose first three parameters are the fence and whose fourth is the revision it expects.
  ///
  /// While the database cannot be reached, waits for it as long as the lease lasts; nobody else can have the tenant before.
  private mutating func step(
    _ doing: String, _ statement: DatabaseStatement, _ values: [DatabaseValue]
  ) throws(Failure) {
    var wait = StepWait(target.lease)
    let name = RandomUUID.make()
    do throws(DatabaseTrouble) {
      while true {
        do throws(DatabaseTrouble) {
          let answer = try database.run(statement, lease.fence + [.text("\(revision) \(name)")] + values)
          if answer.first?.integer(0) == 1 { break }
          if try hasTakenEffect(name, doing) { break }
          throw .fault(DatabaseFault(state: "40001", "the tenant's row has changed"))
        } catch {
          guard error.mayPass, wait.next() else { throw error }
          if try hasTakenEffectWhenReached(name, doing, &wait) { break }
        }
      }
      revision += 1
    } catch {
      isBroken = true
      throw error.failure(doing, target)
    }
  }

  /// Looks how far a step got whose answer was lost.
  private func hasTakenEffectWhenReached(
    _ name: String, _ doing: String, _ wait: inout StepWait
  ) throws(DatabaseTrouble) -> Bool {
    while true {
      do throws(DatabaseTrouble) {
        return try hasTakenEffect(name, doing)
      } catch {
        guard error.mayPass, wait.next() else { throw error }
      }
    }
  }

  private func hasTakenEffect(_ name: String, _ doing: String) throws(DatabaseTrouble) -> Bool {
    let standing = try lease.standing()
    guard standing.isOurs else {
      throw .failure(TenantLease.fenced(doing, lease.tenant, target, standing.holder))
    }
    if standing.revision == revision { return false }
    guard standing.step == name else { throw .failure(outOfStep(doing)) }
    return true
  }

  private func outOfStep(_ what: String) -> Failure {
    Failure(
      "state.order", exit: .bug,
      "Writing the state in \(target.place): \(what) was called out of order or after a failure.",
      hint: "Restart: opening the state recovers it.")
  }
}

/// Reads entries of the journal in the database.
struct DatabaseJournalReader: JournalReading {
  let lease: TenantLease

  func entry(_ sequence: UInt64) throws(Failure) -> JournalEntry {
    let doing = "Reading the journal"
    let target = lease.database.target
    do throws(DatabaseTrouble) {
      let row = try lease.database.runAgain(
        StateDatabase.reading, [.text(lease.tenant), .integer(Int64(clamping: sequence)), .text(lease.mark)]
      ).first
      if let bytes = row?.bytes(0), let entry = JournalCoding.decode(bytes, sequence: sequence) { return entry }
      // Another process has taken over: what it delivers is none of ours any more.
      guard try lease.standing().isOurs else { throw try lease.lost(doing) }
      // The next opening finds it gone, and repairs that.
      if row != nil {
        _ = try lease.database.runAgain(
          StateDatabase.puttingAside,
          [
            .text(lease.tenant), .integer(Int64(clamping: sequence)), .text(lease.mark),
            .text("\(lease.tenant) damaged \(RandomUUID.make())"),
          ])
      }
    } catch {
      throw error.failure(doing, target)
    }
    throw Failure(
      .journalCorrupt, exit: .badData,
      "Reading the journal in \(target.place): entry \(sequence) of \(lease.tenant) is missing or damaged.",
      hint: "Run again: opening the state forgets what the entry delivered and reads its time span again.")
  }
}

/// How long a step waits for a database that cannot be reached.
struct StepWait {
  var attempts = 0
  private let end: ContinuousClock.Instant

  init(_ longest: Duration) { end = .now + longest }

  /// Pauses before the next attempt; false if it is time to give up, or the task is cancelled.
  mutating func next() -> Bool {
    attempts += 1
    // A connection that was cut is replaced at once.
    guard attempts > 1 else { return true }
    guard ContinuousClock.now < end, !Task.isCancelled else { return false }
    usleep(min(2_000_000, 50_000 << UInt32(min(attempts, 6))))
    return true
  }
}
