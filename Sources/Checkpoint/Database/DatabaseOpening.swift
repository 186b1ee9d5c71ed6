// Opening the state of a tenant: the lease is taken, then everything that opening needs is read.

package import IntakeCore

/// Takes the lease and reads what the state holds.
struct DatabaseOpening {
  struct Result {
    var checkpoint: Checkpoint
    var revision: Int64
    var horizon: Int64
    var pruned: Int64
    /// Bytes of each journal entry.
    var sizes: [UInt64: Int] = [:]
    var ledger = DatabaseLedger()
    var outsideSince: Int64 = 0
  }

  let database: Database
  let tenant: String
  let holder: String
  /// A state that was moved to this place is opened all the same.
  var movedTo: String?
  /// The lease of one opening: the same statement may take it twice.
  private let token = RandomUUID.make()

  init(_ database: Database, tenant: String, holder: String) {
    self.database = database
    self.tenant = tenant
    self.holder = holder
  }

  func run(recalling recalled: Instant?, log: Log) throws(Failure) -> StateDatabase {
    do throws(DatabaseTrouble) {
      var (lease, row) = try take()
      do throws(DatabaseTrouble) {
        var result = try read(lease, row, recalling: recalled)
        if try repair(lease, result, log) {
          lease.release()
          (lease, row) = try take()
          result = try read(lease, row, recalling: recalled)
        }
        if result.revision == 0 {
          log(.info, "state.fresh", "New state.", [("state", database.target.place), ("tenant", tenant)])
        }
        return StateDatabase(result, lease)
      } catch {
        lease.release()
        throw error
      }
    } catch {
      throw error.failure("Opening the state", database.target)
    }
  }

  private func take() throws(DatabaseTrouble) -> (TenantLease, DatabaseRow) {
    let values: [DatabaseValue] = [
      .text(tenant), .text(holder), .text(token), .integer(database.target.lease.ticks / 10),
      .bytes(StoredCheckpoint(tenant: tenant, checkpoint: Checkpoint()).bytes),
    ]
    let row = try database.runAgain(Self.taking, values).first
    guard let row, let epoch = row.integer(0) else {
      let holder = try database.runAgain(LeaseTable.one, [.text(tenant)]).first.flatMap { LeaseTable.Lease($0) }
      throw .failure(TenantLease.leased(tenant, database.target, holder))
    }
    let lease = TenantLease(tenant: tenant, holder: holder, epoch: epoch, token: token, database: database)
    guard let version = row.integer(5), version <= DatabaseSchema.version else {
      lease.release()
      throw .failure(DatabaseSchema.newer(database.target))
    }
    if let moved = row.text(6), moved != movedTo {
      lease.release()
      throw .failure(Self.moved(tenant, from: database.target, to: moved))
    }
    return (lease, row)
  }

  private func read(
    _ lease: TenantLease, _ row: DatabaseRow, recalling recalled: Instant?
  ) throws(DatabaseTrouble) -> Result {
    guard let line = row.bytes(2), let stored = try? StoredCheckpoint(line), stored.tenant == tenant,
      let revision = row.integer(1), let horizon = row.integer(3), let pruned = row.integer(4)
    else { throw .failure(Self.corrupt(tenant, database.target)) }
    var result = Result(checkpoint: stored.checkpoint, revision: revision, horizon: horizon, pruned: pruned)
    result.outsideSince = min(horizon, recalled.map { LedgerHour($0).number } ?? horizon)
    let rows = try database.runAgain(
      Self.listing, [.text(tenant), .integer(result.outsideSince), .text(lease.mark), .integer(revision)]
    ).rows
    // A server that lags behind would leave out what was delivered.
    guard rows.contains(where: { $0.columns.allSatisfy { $0 == nil } }) else {
      throw try lease.lost("Opening the state")
    }
    for row in rows where row.columns.contains(where: { $0 != nil }) {
      if let sequence = row.natural(0), let size = row.integer(1) {
        result.sizes[sequence] = Int(clamping: size)
      } else {
        try Self.load(DatabaseRow(columns: [row.bytes(2)]), into: &result.ledger, database.target)
      }
    }
    return result
  }

  /// Every entry that some sink lacks has to be there, and none beyond the next number.
  /// - Returns: true where entries were gone: what the ledger knew of them is forgotten now.
  private func repair(_ lease: TenantLease, _ result: Result, _ log: Log) throws(DatabaseTrouble) -> Bool {
    let checkpoint = result.checkpoint
    let last = checkpoint.sequence
    let taken = checkpoint.sinks.values.reduce(last) { min($0, $1.sequence) }
    let wanted = Set(taken < last ? Array((taken + 1)...last) : [])
    let found = Set(result.sizes.keys)
    guard found.subtracting(wanted).allSatisfy({ $0 == last + 1 }) else {
      throw .failure(Self.corrupt(tenant, database.target))
    }
    let lost = wanted.subtracting(found)
    guard !lost.isEmpty else { return false }
    var repair = DatabaseRepair(lease, checkpoint, lost: lost)
    try repair.find()
    guard repair.since != nil else { return false }
    let next = found.contains(last + 1) ? try? DatabaseJournalReader(lease: lease).entry(last + 1) : nil
    try repair.run(checkpoint, revision: result.revision, next: next)
    repair.report(log)
    return true
  }

  /// Takes the blocks of one row into the table.
  static func load(_ row: DatabaseRow, into ledger: inout DatabaseLedger, _ target: DatabaseTarget)
    throws(DatabaseTrouble)
  {
    guard let bytes = row.bytes(0), let blocks = LedgerBlock.all(in: bytes) else {
      throw .failure(corrupt("a row of its ledger", target))
    }
    for block in blocks { block.each(bytes) { ledger.insert($0.slot) } }
  }

  static func corrupt(_ what: String, _ target: DatabaseTarget) -> Failure {
    Failure(
      "state.corrupt", exit: .badData, "Opening the state in \(target.place): \(what) is incomplete or damaged.",
      hint:
        "Run once with --rebuild-state: it sets the tenant's state aside and reads everything within the revisit horizon again."
    )
  }

  static func moved(_ tenant: String, from target: DatabaseTarget, to place: String) -> Failure {
    Failure(
      "state.moved", exit: .configuration,
      "Opening the state in \(target.place): the state of \(tenant) was moved to \(place).",
      hint: "Use that place as `state`, or move it back: message-trace state copy \(place) \(target.place)")
  }

  /// $1 tenant, $2 holder, $3 token, $4 length of the lease in microseconds, $5 a checkpoint with nothing in it.
  private static let taking = DatabaseStatement(
    "take",
    """
    INSERT INTO message_trace.tenants AS t
      (tenant, epoch, holder, token, expires, revision, sequence, horizon, pruned, checkpoint)
    VALUES ($1, 1, $2, $3, clock_timestamp() + $4::bigint * interval '1 microsecond', 0, 0, 0, 0, $5)
    ON CONFLICT (tenant) DO UPDATE SET epoch = t.epoch + 1, holder = $2, token = $3,
      expires = clock_timestamp() + $4::bigint * interval '1 microsecond'
    WHERE t.holder IS NULL OR t.expires <= clock_timestamp() OR t.token = $3
    RETURNING epoch, revision, checkpoint, horizon, pruned,
      (SELECT max(version)::bigint FROM message_trace.version), moved,
      CASE WHEN current_setting('synchronous_commit') = 'off' THEN set_config('synchronous_commit', 'on', true) END
    """)

  /// $1 tenant, $2 the hour from which on rows outside of their windows are wanted. A statement of its own: the one that
  /// takes the lease may still see the journal as it was before the last holder's last step.
  private static let listing = DatabaseStatement(
    "list",
    """
    SELECT sequence, octet_length(entry)::bigint, NULL::bytea FROM message_trace.journal WHERE tenant = $1
    UNION ALL
    SELECT NULL, NULL, blocks FROM message_trace.ledger WHERE tenant = $1 AND outside AND hour >= $2::bigint
    UNION ALL
    SELECT NULL, NULL, NULL FROM message_trace.tenants
    WHERE tenant = $1 AND \(TenantLease.isHeld("$3")) AND revision >= $4::bigint
    """)
}

extension StateDatabase {
  /// Takes the lease of the tenant and reads its state; a tenant that is new to the database begins with nothing.
  ///
  /// - Parameters:
  ///   - database: its tables are there: `DatabaseSchema.create`.
  ///   - tenant: whose state it is; the mode is no part of it.
  ///   - holder: what names this process to people.
  ///   - recalled: identities of rows outside of their windows are held since then; nil: since the horizon.
  /// - Throws: `state.leased` (75) while another process holds the tenant, `state.moved`, `state.version` (78),
  ///   `state.corrupt` (65), or what the database says (`DatabaseFault.failure`).
  package static func open(
    _ database: Database, tenant: String, holder: String = TenantLease.ownName, log: Log,
    recalling recalled: Instant? = nil
  ) throws(Failure) -> StateDatabase {
    guard !tenant.isEmpty else {
      throw Failure(
        .configInvalid, exit: .configuration, "Opening the state in \(database.target.place): no tenant is set.",
        hint: "Set --tenant: a database holds each tenant's state under its name.")
    }
    return try DatabaseOpening(database, tenant: tenant, holder: holder).run(recalling: recalled, log: log)
  }
}
