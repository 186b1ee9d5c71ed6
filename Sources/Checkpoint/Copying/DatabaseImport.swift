// A state that is written into a database: one transaction on a connection of its own.

internal import IntakeCore

final class DatabaseImport: CopyTarget {
  private let tenant: String
  private let database: Database
  private let connection: DatabaseConnection
  private let token = RandomUUID.make()
  private var addition = LedgerAddition()
  private var count = 0
  /// Runs of blocks that were inserted: the part of the next ones.
  private var part: Int64 = 0
  private var epoch: Int64 = 1

  /// Identities of one statement.
  private static let most = 100_000

  init(_ database: Database, tenant: String) throws(Failure) {
    self.database = database
    self.tenant = tenant
    connection = try DatabaseConnection.open(database.target)
    do throws(Failure) {
      try run("BEGIN")
      try makeRoom()
    } catch {
      connection.close()
      throw error
    }
  }

  /// A tenant without content goes; one that was moved away is renamed; any other is refused.
  private func makeRoom() throws(Failure) {
    let row = try run(
      """
      SELECT epoch, sequence, moved, holder IS NOT NULL AND expires > clock_timestamp(), holder,
        (extract(epoch FROM expires) * 1000000)::bigint FROM message_trace.tenants WHERE tenant = $1 FOR UPDATE
      """, [.text(tenant)]
    ).first
    guard let row else { return }
    epoch = (row.integer(0) ?? 0) + 1
    guard row.integer(3) != 1 else { throw TenantLease.leased(tenant, database.target, nil) }
    guard row.text(2) != nil || row.integer(1) == 0 else {
      throw Failure.stateExists("\(database.target.place), \(tenant)")
    }
    // Only what a state without content, or an old one, has left.
    let name = "\(tenant) moved-\(epoch)"
    for table in ["tenants", "journal", "ledger"] {
      try run("UPDATE message_trace.\(table) SET tenant = $2 WHERE tenant = $1", [.text(tenant), .text(name)])
    }
  }

  func add(_ entry: JournalEntry) throws(Failure) {
    try run(
      "INSERT INTO message_trace.journal (tenant, sequence, entry) VALUES ($1, $2, $3)",
      [.text(tenant), .integer(Int64(clamping: entry.sequence)), .bytes(JournalCoding.whole(entry))])
  }

  func add(_ run: LedgerRun) throws(Failure) {
    addition.add(run.records, isOutside: run.isOutside, sequence: run.sequence)
    count += run.records.count
    if count >= Self.most { try flush() }
  }

  func add(_ name: String, _ document: [UInt8]) throws(Failure) {
    try run(
      """
      INSERT INTO message_trace.documents AS d (tenant, name, revision, content) VALUES ($1, $2, 1, $3)
      ON CONFLICT (tenant, name) DO UPDATE SET revision = d.revision + 1, content = EXCLUDED.content
      """, [.text(tenant), .text(name), .bytes(document)])
  }

  func add(_ letters: [RejectedLine]) throws(Failure) {
    for letter in letters {
      try run(
        """
        INSERT INTO message_trace.rejected (tenant, sink, identity, line) VALUES ($1, $2, $3, $4)
        ON CONFLICT (tenant, sink, identity) DO NOTHING
        """,
        [
          .text(tenant), .text(letter.letter.sink), .bytes(Array(letter.letter.identity.hex.utf8)),
          .bytes(Array(letter.text.utf8)),
        ])
    }
  }

  func write(_ checkpoint: Checkpoint) throws(Failure) {
    try flush()
    try run(
      """
      INSERT INTO message_trace.tenants
        (tenant, epoch, holder, token, expires, revision, sequence, horizon, pruned, checkpoint)
      VALUES ($1, $2, NULL, $3, clock_timestamp(), 1, $4, 0, 0, $5)
      """,
      [
        .text(tenant), .integer(epoch), .text(token), .integer(Int64(clamping: checkpoint.sequence)),
        .bytes(StoredCheckpoint(tenant: tenant, checkpoint: checkpoint).bytes),
      ])
  }

  func release() throws(Failure) {
    try run("SET LOCAL synchronous_commit = on")
    try run("COMMIT")
    connection.close()
  }

  func abandon() { connection.close() }

  private func flush() throws(Failure) {
    guard !addition.isEmpty else { return }
    try run(
      """
      INSERT INTO message_trace.ledger (tenant, outside, hour, part, blocks)
      SELECT $1, new.outside = 1, new.hour, $2, new.blocks
      FROM unnest($3::bigint[], $4::bigint[], $5::bytea[]) AS new (outside, hour, blocks)
      """, [.text(tenant), .integer(part)] + addition.values)
    (addition, count) = (LedgerAddition(), 0)
    part += 1
  }

  @discardableResult
  private func run(_ statement: String, _ values: [DatabaseValue] = []) throws(Failure) -> DatabaseRows {
    do throws(DatabaseFault) {
      return try connection.run(statement, values, within: .seconds(300))
    } catch {
      throw error.failure("Copying the state", database.target)
    }
  }
}
