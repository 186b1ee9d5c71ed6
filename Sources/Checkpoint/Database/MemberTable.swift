// The processes that share the tenants of a database: a row each, with the moment at which it was last seen. No process is
// told of another in any other way.

package import IntakeCore

/// One process's part in the fleet of a database.
package struct MemberTable: Sendable {
  /// What a member sees of the others, by the database's clock.
  package struct View: Sendable {
    /// Those that live and collect the same tenants, this one among them.
    package var members: Set<String>
    /// Those that live and collect other tenants, or not all of these.
    package var others: Set<String> = []
    /// Those of both that hold their leases for another time.
    package var differing: Set<String> = []
    /// By tenant, the name of the process whose lease is running.
    package var holders: [String: String]
    /// Tenants with a backfill under way, which needs the tenant between the passes.
    package var backfilled: Set<String> = []
  }

  /// The process, as in its leases.
  package let name: String
  private let database: Database

  package init(_ database: Database, name: String) {
    self.database = database
    self.name = name
  }

  /// How often a member is seen: it is missed, and its leases end, after three times that.
  package var interval: Duration { database.target.lease / 3 }

  /// Notes that this process lives, and extends its leases.
  /// - Parameters:
  ///   - leases: those that it holds.
  ///   - tenants: what stands for the tenants that it collects: members with another value do not count on it.
  /// - Returns: the tenants whose lease is extended; the others are lost.
  package func beat(_ leases: [TenantLease], tenants: String) throws(Failure) -> Set<String> {
    let rows = try run(
      Self.beating,
      [
        .text(name), .text("\(tenants) \(length)"), .integer(length), .texts(leases.map(\.tenant)),
        .texts(leases.map(\.mark)),
      ])
    return Set(rows.compactMap { $0.text(0) })
  }

  /// Of a lease, in microseconds.
  private var length: Int64 { database.target.lease.ticks / 10 }

  /// The fleet as it is now. Each member is judged by the length of its own leases.
  package func view() throws(Failure) -> View {
    let rows = try run(Self.viewing, [.integer(length)])
    var view = View(members: [], holders: [:])
    var found: [String: [Substring]] = [:]
    for row in rows {
      switch (row.text(0), row.text(1)) {
      case (let tenant?, let holder?): view.holders[tenant] = holder
      case (let tenant?, nil): view.backfilled.insert(tenant)
      case (nil, let member?): found[member] = row.text(2)?.split(separator: " ")
      case (nil, nil): break
      }
    }
    let own = found[name]?.first
    for (member, words) in found {
      if words.first == own { view.members.insert(member) } else { view.others.insert(member) }
      if words.count > 1, let other = Int64(words[1]), other != length { view.differing.insert(member) }
    }
    return view
  }

  /// Gives leases back: at once free for others.
  package func release(_ leases: [TenantLease]) throws(Failure) {
    guard !leases.isEmpty else { return }
    _ = try run(Self.releasing, [.texts(leases.map(\.tenant)), .texts(leases.map(\.mark))])
  }

  /// Takes this process off the list.
  package func leave() throws(Failure) { _ = try run(Self.leaving, [.text(name)]) }

  private func run(_ statement: DatabaseStatement, _ values: [DatabaseValue]) throws(Failure) -> [DatabaseRow] {
    do throws(DatabaseTrouble) {
      return try database.borrowing { (connection) throws(DatabaseFault) in
        try connection.run(statement.text, values, within: max(.seconds(1), interval)).rows
      }
    } catch {
      throw error.failure("Sharing the tenants", database.target)
    }
  }

  /// $1 name, $2 tenants, $3 length of a lease in microseconds, $4 and $5 tenants and marks of the leases. Members that were
  /// not seen for a day are taken off the list.
  private static let beating = DatabaseStatement(
    "beat",
    """
    WITH beat AS (
      INSERT INTO message_trace.members AS m (name, seen, tenants) VALUES ($1, clock_timestamp(), $2)
      ON CONFLICT (name) DO UPDATE SET seen = clock_timestamp(), tenants = $2
    ), gone AS (
      DELETE FROM message_trace.members WHERE name IN (
        SELECT name FROM message_trace.members WHERE seen < clock_timestamp() - interval '1 day'
        FOR UPDATE SKIP LOCKED)
    )
    UPDATE message_trace.tenants t SET expires = greatest(expires, clock_timestamp() + $3::bigint * interval '1 microsecond')
    FROM unnest($4::text[], $5::text[]) AS mine (tenant, mark)
    WHERE t.tenant = mine.tenant AND \(TenantLease.isHeld("mine.mark", in: "t"))
    RETURNING t.tenant
    """)

  /// $1 length of a lease in microseconds, for members that do not say theirs. Rows of members have no tenant, those of
  /// backfills no holder.
  private static let viewing = DatabaseStatement(
    "view",
    """
    SELECT NULL, name, tenants FROM message_trace.members
    WHERE seen > clock_timestamp()
      - coalesce(substring(tenants from ' ([0-9]{1,15})$')::bigint, $1::bigint) * interval '1 microsecond'
    UNION ALL
    SELECT tenant, holder, NULL FROM message_trace.tenants WHERE holder IS NOT NULL AND expires > clock_timestamp()
    UNION ALL
    SELECT tenant, NULL, NULL FROM message_trace.documents WHERE name = '\(DocumentName.backfill)'
    """)

  /// $1 and $2 tenants and marks of leases.
  private static let releasing = DatabaseStatement(
    "release all",
    """
    UPDATE message_trace.tenants t SET holder = NULL, token = NULL, expires = clock_timestamp()
    FROM unnest($1::text[], $2::text[]) AS mine (tenant, mark)
    WHERE t.tenant = mine.tenant AND \(TenantLease.isHeld("mine.mark", in: "t"))
    """)

  /// $1 name.
  private static let leaving = DatabaseStatement("leave", "DELETE FROM message_trace.members WHERE name = $1")
}
