// The documents of a tenant in the database: rows of their own.

package import IntakeCore
internal import Synchronization

/// One row a document.
package final class DatabaseDocuments: StateDocuments {
  private let database: Database
  private let tenant: String
  /// With it, a process that has lost the tenant changes no document.
  private let lease: TenantLease?
  /// What `update` knows of documents: usually nobody else has changed them.
  private let known = Mutex<[String: Version]>([:])

  private struct Version {
    var revision: Int64 = 0
    var bytes: [UInt8] = []
  }

  /// Attempts of one update: as many processes would have to be faster.
  private static let mostAttempts = 100

  /// - Parameters:
  ///   - database: where they are.
  ///   - tenant: whose they are.
  ///   - lease: nil for what processes without the tenant write: the request count, the status, a backfill's progress.
  package init(_ database: Database, tenant: String, lease: TenantLease? = nil) {
    self.database = database
    self.tenant = tenant
    self.lease = lease
  }

  package func read(_ name: String) throws(Failure) -> [UInt8]? {
    try attempt("Reading", name) { () throws(DatabaseTrouble) in try version(name)?.bytes }
  }

  /// Each attempt replaces the revision that was read: one that arrives late does nothing.
  package func replace(_ name: String, with bytes: [UInt8], isDurable: Bool) throws(Failure) {
    try attempt("Writing", name) { () throws(DatabaseTrouble) in
      let remembered = known.withLock { $0[name]?.revision }
      var before = if let remembered { remembered } else { try version(name)?.revision ?? 0 }
      for _ in 0..<Self.mostAttempts {
        if let revision = try write(name, bytes, over: before) {
          return known.withLock { $0[name] = Version(revision: revision, bytes: bytes) }
        }
        let found = try version(name)
        // An attempt whose answer was lost.
        if found?.bytes == bytes { return known.withLock { $0[name] = found } }
        before = found?.revision ?? 0
      }
      throw DatabaseTrouble.fault(DatabaseFault(state: "40001", "other processes change it all the time"))
    }
  }

  /// The new revision; nil where another one than `before` is there.
  private func write(_ name: String, _ bytes: [UInt8], over before: Int64) throws(DatabaseTrouble) -> Int64? {
    guard let lease else {
      return try database.runAgain(
        Self.updating, [.text(tenant), .text(name), .integer(before), .bytes(bytes)]
      ).first?.integer(0)
    }
    let answer = try database.runAgain(
      Self.replacingFenced, lease.fence + [.text(name), .bytes(bytes), .integer(before)])
    if answer.first?.integer(0) != 1 { throw try lease.lost("Writing \(name)") }
    return answer.first?.integer(1)
  }

  package func remove(_ name: String) throws(Failure) {
    try attempt("Removing", name) { () throws(DatabaseTrouble) in
      _ = try database.runAgain(Self.removing, [.text(tenant), .text(name)])
    }
  }

  package func update(_ name: String, _ change: (inout [UInt8]) -> Bool) throws(Failure) {
    try attempt("Writing", name) { () throws(DatabaseTrouble) in
      let remembered = known.withLock { $0[name] }
      var before = if let remembered { remembered } else { try version(name) ?? Version() }
      for _ in 0..<Self.mostAttempts {
        var bytes = before.bytes
        guard change(&bytes) else { return }
        let answer = try database.runAgain(
          Self.updating, [.text(tenant), .text(name), .integer(before.revision), .bytes(bytes)])
        if let revision = answer.first?.integer(0) {
          return known.withLock { $0[name] = Version(revision: revision, bytes: bytes) }
        }
        before = try version(name) ?? Version()
      }
      throw DatabaseTrouble.fault(DatabaseFault(state: "40001", "other processes change it all the time"))
    }
  }

  private func version(_ name: String) throws(DatabaseTrouble) -> Version? {
    let row = try database.runAgain(Self.reading, [.text(tenant), .text(name)]).first
    guard let bytes = row?.bytes(1) else { return nil }
    return Version(revision: row?.integer(0) ?? 0, bytes: bytes)
  }

  private func attempt<Value>(
    _ doing: String, _ name: String, _ body: () throws(DatabaseTrouble) -> Value
  ) throws(Failure) -> Value {
    do throws(DatabaseTrouble) {
      return try body()
    } catch {
      throw error.failure("\(doing) \(name)", database.target)
    }
  }
}

extension DatabaseDocuments {
  private static let conflict =
    "ON CONFLICT (tenant, name) DO UPDATE SET revision = d.revision + 1, content = EXCLUDED.content"

  private static let reading = DatabaseStatement(
    "document", "SELECT revision, content FROM message_trace.documents WHERE tenant = $1 AND name = $2")

  /// $1 to $3 the fence, $4 name, $5 content, $6 the revision that was read.
  private static let replacingFenced = DatabaseStatement(
    "replace",
    """
    WITH fence AS (
      UPDATE message_trace.tenants SET expires = clock_timestamp() + $3::bigint * interval '1 microsecond'
      WHERE tenant = $1 AND \(TenantLease.isHeld("$2"))
      RETURNING tenant, CASE WHEN current_setting('synchronous_commit') = 'off'
        THEN set_config('synchronous_commit', 'on', true) END AS durable),
    written AS (
      INSERT INTO message_trace.documents AS d (tenant, name, revision, content)
      SELECT tenant, $4::text, $6::bigint + 1, $5::bytea FROM fence
      \(conflict) WHERE d.revision = $6::bigint RETURNING revision)
    SELECT count(*), (SELECT max(revision) FROM written), max(durable) FROM fence
    """)

  private static let removing = DatabaseStatement(
    "remove", "DELETE FROM message_trace.documents WHERE tenant = $1 AND name = $2")

  /// $3 the revision that was read, 0 where there was none.
  private static let updating = DatabaseStatement(
    "update",
    """
    INSERT INTO message_trace.documents AS d (tenant, name, revision, content) VALUES ($1, $2, $3::bigint + 1, $4)
    \(conflict) WHERE d.revision = $3::bigint RETURNING revision
    """)
}
