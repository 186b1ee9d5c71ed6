// Events that a receiver has refused for good, in the database.

package import IntakeCore
internal import Synchronization

/// A row an event, known by sink and identity: whichever process notes one, it is there once.
package final class RejectedTable: RejectedEvents {
  private let database: Database
  private let tenant: String
  private let kept = Mutex(0)

  /// Rows of one answer.
  private static let page: Int64 = 1_000

  package init(_ database: Database, tenant: String) {
    self.database = database
    self.tenant = tenant
  }

  package var count: Int { kept.withLock { $0 } }

  package func keep(_ letters: [DeadLetter], at now: Instant) throws(Failure) {
    guard !letters.isEmpty else { return }
    let lines = letters.map { letter in
      var line: [UInt8] = []
      RejectedLine(letter, at: now).append(to: &line)
      return line
    }
    try attempt("Setting events aside") { () throws(DatabaseTrouble) in
      let size = try database.runAgain(Self.measuring, [.text(tenant)]).first?.integer(0) ?? 0
      guard size + Int64(lines.reduce(0) { $0 + $1.count }) <= RejectedFile.most else {
        throw DatabaseTrouble.failure(full)
      }
      _ = try database.runAgain(
        Self.keeping,
        [
          .text(tenant), .texts(letters.map(\.sink)), .byteArrays(letters.map { Array($0.identity.hex.utf8) }),
          .byteArrays(lines),
        ])
    }
    kept.withLock { $0 += letters.count }
  }

  package func eachLine(_ body: (RejectedLine) -> Void) throws(Failure) { try each { body($1) } }

  package func noteTaken(_ identities: [Identity], by sink: String) throws(Failure) {
    guard !identities.isEmpty else { return }
    try attempt("Removing events that were sent again") { () throws(DatabaseTrouble) in
      _ = try database.runAgain(
        Self.removing, [.text(tenant), .text(sink), .byteArrays(identities.map { Array($0.hex.utf8) })])
    }
  }

  /// Nothing: what was taken is removed at once.
  package func settle() throws(Failure) {}

  private func each(_ body: (_ number: Int64, _ line: RejectedLine) -> Void) throws(Failure) {
    var last: Int64 = -1
    while true {
      let rows = try attempt("Reading the events that were set aside") { () throws(DatabaseTrouble) in
        try database.runAgain(Self.listing, [.text(tenant), .integer(last), .integer(Self.page)]).rows
      }
      for row in rows {
        last = max(last, row.integer(0) ?? last)
        let bytes = Array((row.bytes(1) ?? []).dropLast())
        let span = unsafe bytes.span.bytes
        if let line = RejectedLine(span) { body(last, line) }
      }
      guard rows.count == Int(Self.page) else { return }
    }
  }

  private func attempt<Value>(_ doing: String, _ body: () throws(DatabaseTrouble) -> Value) throws(Failure) -> Value {
    do throws(DatabaseTrouble) {
      return try body()
    } catch {
      throw error.failure(doing, database.target)
    }
  }

  private var full: Failure {
    Failure(
      "rejected.full", exit: .tryLater,
      "Setting events aside in \(database.target.place): those of \(tenant) have reached \(RejectedFile.most >> 20) MiB.",
      hint: "Find out why the receiver refuses them (message-trace state rejected), or send them again.",
      recovery: .later(after: nil))
  }

  private static let measuring = DatabaseStatement(
    "rejected.size",
    "SELECT coalesce(sum(octet_length(line)), 0)::bigint FROM message_trace.rejected WHERE tenant = $1")

  private static let keeping = DatabaseStatement(
    "rejected.keep",
    """
    WITH written AS (
      INSERT INTO message_trace.rejected (tenant, sink, identity, line)
      SELECT $1, new.sink, new.identity, new.line
      FROM unnest($2::text[], $3::bytea[], $4::bytea[]) AS new (sink, identity, line)
      ON CONFLICT (tenant, sink, identity) DO NOTHING)
    SELECT CASE WHEN current_setting('synchronous_commit') = 'off'
      THEN set_config('synchronous_commit', 'on', true) END
    """)

  private static let listing = DatabaseStatement(
    "rejected.list",
    """
    SELECT number, line FROM message_trace.rejected WHERE tenant = $1 AND number > $2::bigint
    ORDER BY number LIMIT $3::bigint
    """)

  private static let removing = DatabaseStatement(
    "rejected.remove",
    "DELETE FROM message_trace.rejected WHERE tenant = $1 AND sink = $2 AND identity = ANY ($3::bytea[])")
}
