// The tables of shared state. All are in the schema `message_trace`; one database serves all tenants.
//
//     version    one row: the version of these tables; a higher one is refused
//     tenants    one row a tenant: its lease, and its checkpoint as in checkpoint.json
//     journal    one row for each batch that some sink has not acknowledged yet
//     ledger     identities already delivered, as the blocks of LedgerBlock, by hour of receipt
//     documents  what the state directory keeps in small files: quota, details-queue, status.json, backfill.json
//     rejected   events that a receiver has refused for good
//     members    processes that share the tenants, with the moment each was last seen (MemberTable)
//
// Values are bytes: an event may hold what no text or JSON of PostgreSQL takes.

package import IntakeCore

/// Makes the tables, and checks that they are ours.
package struct DatabaseSchema: Sendable {
  /// Of these tables.
  static let version: Int64 = 1

  private let database: Database

  package init(_ database: Database) { self.database = database }

  /// Makes the schema and its tables, as far as they are missing. Several processes may call it at the same time.
  /// - Returns: true if there was something to make.
  /// - Throws: `state.version` (78) for tables of a newer program, or what the database says.
  package func create() throws(Failure) -> Bool {
    do throws(DatabaseTrouble) {
      let found = try database.borrowing { (connection) throws(DatabaseFault) -> Int64 in
        _ = try connection.run("BEGIN")
        do throws(DatabaseFault) {
          _ = try connection.run("SELECT pg_advisory_xact_lock(7236837361412914)")
          let found = try installedVersion(connection)
          if found < Self.version { try create(connection, from: found) }
          _ = try connection.run("COMMIT")
          return found
        } catch {
          if !error.isLost { _ = try? connection.run("ROLLBACK") }
          throw error
        }
      }
      guard found <= Self.version else { throw DatabaseTrouble.failure(Self.newer(database.target)) }
      return found < Self.version
    } catch {
      throw error.failure("Making the tables", database.target)
    }
  }

  /// 0 where there are no tables.
  private func installedVersion(_ connection: DatabaseConnection) throws(DatabaseFault) -> Int64 {
    let table = try connection.run("SELECT to_regclass('message_trace.version') IS NOT NULL")
    guard table.first?.integer(0) == 1 else { return 0 }
    return try connection.run("SELECT max(version)::bigint FROM message_trace.version").first?.integer(0) ?? 0
  }

  private func create(_ connection: DatabaseConnection, from found: Int64) throws(DatabaseFault) {
    if found == 0 {
      // The right to make a schema is not needed where an administrator has made it.
      let exists = try connection.run("SELECT to_regnamespace('message_trace') IS NOT NULL").first?.integer(0) == 1
      if !exists { _ = try connection.run("CREATE SCHEMA message_trace") }
    }
    for statement in Self.tables { _ = try connection.run(statement) }
    _ = try connection.run("DELETE FROM message_trace.version")
    _ = try connection.run("INSERT INTO message_trace.version (version) VALUES ($1)", [.integer(Self.version)])
  }

  static func newer(_ target: DatabaseTarget) -> Failure {
    Failure(
      "state.version", exit: .configuration,
      "Opening the state in \(target.place): a newer version of this program made its tables.",
      hint: "Use that version, or use another database.")
  }

  /// Rights that a collector needs, for a role other than the tables' owner.
  package static func grants(to role: String) -> [String] {
    [
      "GRANT USAGE ON SCHEMA message_trace TO \(role);",
      "GRANT SELECT ON message_trace.version TO \(role);",
      "GRANT SELECT, INSERT, UPDATE, DELETE ON message_trace.tenants, message_trace.journal, message_trace.ledger,",
      "  message_trace.documents, message_trace.rejected, message_trace.members TO \(role);",
    ]
  }

  /// Identities and journal entries do not compress well enough to pay for trying.
  private static let tables = [
    "CREATE TABLE message_trace.version (version bigint NOT NULL)",
    """
    CREATE TABLE message_trace.tenants (
      tenant text PRIMARY KEY,
      epoch bigint NOT NULL,
      holder text,
      token text,
      expires timestamptz NOT NULL,
      revision bigint NOT NULL,
      step text,
      sequence bigint NOT NULL,
      horizon bigint NOT NULL,
      pruned bigint NOT NULL,
      moved text,
      checkpoint bytea NOT NULL
    ) WITH (fillfactor = 50)
    """,
    """
    CREATE TABLE message_trace.journal (
      tenant text NOT NULL,
      sequence bigint NOT NULL,
      entry bytea NOT NULL,
      PRIMARY KEY (tenant, sequence)
    )
    """,
    "ALTER TABLE message_trace.journal ALTER COLUMN entry SET STORAGE EXTERNAL",
    """
    CREATE TABLE message_trace.ledger (
      tenant text NOT NULL,
      outside boolean NOT NULL,
      hour bigint NOT NULL,
      part bigint NOT NULL,
      blocks bytea NOT NULL,
      PRIMARY KEY (tenant, outside, hour, part)
    )
    """,
    "ALTER TABLE message_trace.ledger ALTER COLUMN blocks SET STORAGE EXTERNAL",
    """
    CREATE TABLE message_trace.documents (
      tenant text NOT NULL,
      name text NOT NULL,
      revision bigint NOT NULL,
      content bytea NOT NULL,
      PRIMARY KEY (tenant, name)
    ) WITH (fillfactor = 50)
    """,
    """
    CREATE TABLE message_trace.rejected (
      tenant text NOT NULL,
      number bigint GENERATED ALWAYS AS IDENTITY,
      sink text NOT NULL,
      identity bytea NOT NULL,
      line bytea NOT NULL,
      PRIMARY KEY (tenant, sink, identity)
    )
    """,
    """
    CREATE TABLE message_trace.members (
      name text PRIMARY KEY,
      seen timestamptz NOT NULL,
      tenants text NOT NULL
    ) WITH (fillfactor = 50)
    """,
  ]
}
