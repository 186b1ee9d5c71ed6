// What can be read of a state in a database without its lease, and starting over after damage.

package import IntakeCore

extension StateDatabase {
  /// Reads a state that another process may hold; nil where there is none yet. Changes nothing.
  package static func summary(_ database: Database, tenant: String) throws(Failure) -> StateSummary? {
    do throws(DatabaseTrouble) {
      guard let row = try database.runAgain(summarizing, [.text(tenant)]).first else { return nil }
      guard let line = row.bytes(0), let stored = try? StoredCheckpoint(line) else {
        throw DatabaseTrouble.failure(DatabaseOpening.corrupt(tenant, database.target))
      }
      var summary = StateSummary(
        tenant: tenant, checkpoint: stored.checkpoint, identities: Int(clamping: row.integer(1) ?? 0),
        journalEntries: Int(clamping: row.integer(2) ?? 0), journalBytes: Int(clamping: row.integer(3) ?? 0))
      summary.lease = try database.runAgain(LeaseTable.one, [.text(tenant)]).first.flatMap { LeaseTable.Lease($0) }
      return summary
    } catch {
      throw error.failure("Reading the state of \(tenant)", database.target)
    }
  }

  /// Asks for the version of the tables and for every right that a collector needs.
  /// - Throws: `state.version`, `state.database.schema` (78), `state.database.denied` (77), `state.moved`, or what the
  ///   database says.
  package static func check(_ database: Database, tenant: String) throws(Failure) {
    do throws(DatabaseTrouble) {
      let row = try database.runAgain(checking, [.text(tenant)]).first
      guard let version = row?.integer(0), version <= DatabaseSchema.version else {
        throw DatabaseTrouble.failure(DatabaseSchema.newer(database.target))
      }
      guard row?.integer(1) == 1 else {
        throw DatabaseTrouble.fault(DatabaseFault(state: "42501", "a right on its tables is missing"))
      }
      if let moved = row?.text(2) {
        throw DatabaseTrouble.failure(DatabaseOpening.moved(tenant, from: database.target, to: moved))
      }
    } catch {
      throw error.failure("Checking the state", database.target)
    }
  }

  /// Where the state was moved to; nil if it was not.
  static func movedPlace(_ database: Database, tenant: String) throws(Failure) -> String? {
    do throws(DatabaseTrouble) {
      return try database.runAgain(checking, [.text(tenant)]).first?.text(2)
    } catch {
      throw error.failure("Reading the state of \(tenant)", database.target)
    }
  }

  /// Renames the tenant's rows to `TENANT damaged-N`: nothing is deleted, and the next opening is a first run.
  /// - Throws: `state.leased` (75), or what the database says.
  package static func rebuild(_ database: Database, tenant: String, log: Log) throws(Failure) {
    do throws(DatabaseTrouble) {
      let name = try setAside(database, tenant, as: "damaged")
      log(
        .warning, "state.rebuild", "The state was set aside; the horizon is read again.",
        [("to", "\(database.target.place) \(name)")])
    } catch {
      throw error.failure("Setting the state of \(tenant) aside", database.target)
    }
  }

  /// The new name.
  static func setAside(_ database: Database, _ tenant: String, as word: String) throws(DatabaseTrouble) -> String {
    let lease = try database.runAgain(LeaseTable.one, [.text(tenant)]).first.flatMap { LeaseTable.Lease($0) }
    let used = Set(try database.runAgain(LeaseTable.names).rows.compactMap { $0.text(0) })
    var number = 1
    while used.contains("\(tenant) \(word)-\(number)") { number += 1 }
    let name = "\(tenant) \(word)-\(number)"
    let renamed = try database.run(renaming, [.text(tenant), .text(name)]).first?.integer(0)
    guard renamed == 1 || lease == nil else {
      throw .failure(TenantLease.leased(tenant, database.target, lease))
    }
    return name
  }

  private static let checking = DatabaseStatement(
    "check",
    """
    SELECT (SELECT max(version)::bigint FROM message_trace.version),
      (SELECT bool_and(has_table_privilege('message_trace.' || name, right_to))
        FROM unnest(ARRAY['tenants', 'journal', 'ledger', 'documents', 'rejected']) AS name,
          unnest(ARRAY['SELECT', 'INSERT', 'UPDATE', 'DELETE']) AS right_to),
      (SELECT moved FROM message_trace.tenants WHERE tenant = $1)
    """)

  /// $1 tenant. An identity has 16 bytes, a block 24 more: a little too many are counted.
  private static let summarizing = DatabaseStatement(
    "summary",
    """
    SELECT checkpoint,
      (SELECT coalesce(sum(octet_length(blocks)), 0)::bigint / 16 FROM message_trace.ledger l WHERE l.tenant = t.tenant),
      (SELECT count(*) FROM message_trace.journal j WHERE j.tenant = t.tenant),
      (SELECT coalesce(sum(octet_length(entry)), 0)::bigint FROM message_trace.journal j WHERE j.tenant = t.tenant)
    FROM message_trace.tenants t WHERE tenant = $1
    """)

  /// $1 tenant, $2 the new name. A holder that still lives is fenced by the row that is gone.
  private static let renaming = DatabaseStatement(
    "rename",
    """
    WITH fence AS (
      UPDATE message_trace.tenants SET tenant = $2, epoch = epoch + 1, holder = NULL, token = NULL
      WHERE tenant = $1 AND (holder IS NULL OR expires <= clock_timestamp()) RETURNING tenant),
    journal AS (UPDATE message_trace.journal j SET tenant = $2 FROM fence WHERE j.tenant = $1),
    ledger AS (UPDATE message_trace.ledger l SET tenant = $2 FROM fence WHERE l.tenant = $1)
    SELECT count(*) FROM fence
    """)
}
