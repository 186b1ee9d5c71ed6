// Journal entries in a database that are gone or damaged although some sink lacks them: as in a directory (Recovery), the
// ledger forgets their rows, and the time that they cover is read again.

internal import IntakeCore

/// What one repair changes. All of it is one statement.
struct DatabaseRepair {
  /// A row of the ledger without the blocks of lost entries; none left: the row goes.
  private struct Rewritten {
    var isOutside: Int64
    var hour: Int64
    var part: Int64
    var blocks: [UInt8]
  }

  private let lease: TenantLease
  private let lost: Set<UInt64>
  /// No cursor is later.
  private let latest: Int64
  private var rows: [Rewritten] = []
  /// Where the reading has to begin again, in seconds since 1970.
  private var oldest: Int64?

  init(_ lease: TenantLease, _ checkpoint: Checkpoint, lost: Set<UInt64>) {
    self.lease = lease
    self.lost = lost
    latest = (checkpoint.cursors.values.max() ?? Instant(ticks: 0)).wholeSeconds
  }

  /// Looks through the ledger. Afterwards `since` says whether there is something to do.
  mutating func find() throws(DatabaseTrouble) {
    var last: [Int64] = [0, .min, -1]
    while true {
      let values: [DatabaseValue] = [.text(lease.tenant)] + last.map { .integer($0) }
      let page = try lease.database.runAgain(CopySource.listing, values).rows
      for row in page {
        last = [row.integer(0) ?? 1, row.integer(1) ?? .max, row.integer(2) ?? .max]
        try examine(row, last)
      }
      guard !page.isEmpty else { return }
    }
  }

  /// nil where the ledger has nothing of the lost entries: they were repaired before.
  var since: Instant? { oldest.map { Instant(seconds: $0) } }

  private mutating func examine(_ row: DatabaseRow, _ key: [Int64]) throws(DatabaseTrouble) {
    guard let bytes = row.bytes(3), let blocks = LedgerBlock.all(in: bytes) else {
      throw .failure(DatabaseOpening.corrupt("a row of its ledger", lease.database.target))
    }
    let forgotten = blocks.filter { lost.contains($0.sequence) }
    guard !forgotten.isEmpty else { return }
    for block in forgotten {
      block.each(bytes) { record in
        // A row outside of its window was in the answer for some window.
        let seconds = min(record.seconds, latest) - (block.isOutside ? Window.widest.components.seconds : 0)
        oldest = min(oldest ?? seconds, seconds)
      }
    }
    let kept = blocks.filter { !lost.contains($0.sequence) }.flatMap { bytes[$0.whole] }
    rows.append(Rewritten(isOutside: key[0], hour: key[1], part: key[2], blocks: kept))
  }

  /// Changes it all.
  /// - Parameters:
  ///   - checkpoint: of the tenant.
  ///   - revision: of the tenant's row.
  ///   - next: the entry that is journaled and not committed: it is covered at once. Covered later, its cursors would undo
  ///     that reading begins again.
  func run(_ checkpoint: Checkpoint, revision: Int64, next: JournalEntry?) throws(DatabaseTrouble) {
    guard let since else { return }
    var checkpoint = checkpoint
    var addition = LedgerAddition()
    if let next {
      addition.add(next.entries, sequence: next.sequence)
      checkpoint.sequence = next.sequence
      checkpoint.cursors.merge(next.cursors) { max($0, $1) }
    }
    for (name, instant) in checkpoint.cursors { checkpoint.cursors[name] = min(instant, since) }
    let line = StoredCheckpoint(tenant: lease.tenant, checkpoint: checkpoint).bytes
    let values: [DatabaseValue] =
      lease.fence + [
        .text("\(revision) \(RandomUUID.make())"), .integer(Int64(clamping: checkpoint.sequence)), .bytes(line),
        .integers(rows.map(\.isOutside)), .integers(rows.map(\.hour)), .integers(rows.map(\.part)),
        .byteArrays(rows.map(\.blocks)),
      ] + addition.values
    guard try lease.database.run(StateDatabase.repairing, values).first?.integer(0) == 1 else {
      throw try lease.lost("Repairing the state")
    }
  }

  /// Says what happened.
  func report(_ log: Log) {
    guard let since else { return }
    log(
      .error, Failure.Code.journalCorrupt.rawValue,
      "Journal entries that some sink lacks are gone or damaged; their time span is read again.",
      [
        ("entries", "\(lost.count)"), ("since", Timestamp.text(since)), ("tenant", lease.tenant),
        ("state", lease.database.target.place),
      ])
  }
}
