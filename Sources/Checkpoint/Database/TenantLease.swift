// The right of one process to advance one tenant's state: a row of `tenants` with its name, an epoch and an expiry.

internal import Glibc
package import IntakeCore

/// A lease that was taken. Whoever takes it next raises the epoch; from then on no statement of this one changes anything.
package struct TenantLease: Sendable {
  package let tenant: String
  package let holder: String
  package let epoch: Int64
  /// Random: an epoch may come again, after a rebuild or a failover to a server that lags behind.
  let token: String
  let database: Database

  /// How long it lasts without being renewed.
  package var length: Duration { database.target.lease }

  /// What names this one lease: compared in every statement that only its holder may run.
  var mark: String { "\(epoch) \(token)" }

  /// The condition for it in SQL.
  static func isHeld(_ parameter: String, in table: String = "message_trace.tenants") -> String {
    "\(table).epoch::text || ' ' || \(table).token = \(parameter)"
  }

  /// The parameters that every fenced statement begins with: tenant, mark, and the length of the lease.
  var fence: [DatabaseValue] { [.text(tenant), .text(mark), .integer(database.target.lease.ticks / 10)] }

  /// Extends the lease, from any thread.
  /// - Throws: `state.fenced` (75) where it is lost, or what the database says.
  package func renew() throws(Failure) {
    let doing = "Renewing the lease of \(tenant)"
    do throws(DatabaseTrouble) {
      guard try database.runAgain(Self.renewal, fence).affected == 0 else { return }
      throw try lost(doing)
    } catch {
      throw error.failure(doing, database.target)
    }
  }

  /// Gives the lease back, best effort: it expires anyway.
  package func release() { _ = try? database.runAgain(Self.releasing, Array(fence.prefix(2))) }

  /// What stands in the way of a statement that changed nothing; nil where nothing does.
  func standing() throws(DatabaseTrouble) -> Standing {
    let row = try database.runAgain(LeaseTable.one, [.text(tenant)]).first
    let holder = row.flatMap { LeaseTable.Lease($0) }
    let isOurs = holder?.epoch == epoch && row?.text(7) == token
    return Standing(revision: row?.integer(4) ?? -1, step: row?.text(8), isOurs: isOurs, holder: holder)
  }

  /// The tenant's row as it is.
  struct Standing {
    var revision: Int64
    /// The random name of the last step.
    var step: String?
    var isOurs: Bool
    var holder: LeaseTable.Lease?
  }

  /// The trouble of a process that has lost its lease.
  func lost(_ doing: String) throws(DatabaseTrouble) -> DatabaseTrouble {
    .failure(Self.fenced(doing, tenant, database.target, try standing().holder))
  }

  static func fenced(
    _ doing: String, _ tenant: String, _ target: DatabaseTarget, _ holder: LeaseTable.Lease?
  ) -> Failure {
    let now = holder?.holder.map { "\($0) has taken it over" } ?? "another process has taken it over and released it"
    return Failure(
      .stateFenced, exit: .tryLater,
      "\(doing) in \(target.place): this process has lost the lease of \(tenant); \(now).",
      hint: "Do nothing: the other process continues where this one stopped.", recovery: .later(after: nil))
  }

  static func leased(_ tenant: String, _ target: DatabaseTarget, _ lease: LeaseTable.Lease?) -> Failure {
    let holder = lease?.holder ?? "another process"
    let until = lease.map { " until \(Timestamp.text($0.expires)) unless it is renewed" } ?? ""
    return Failure(
      .stateLeased, exit: .tryLater,
      "Opening the state in \(target.place): \(tenant) is held by \(holder)\(until).",
      hint: "Wait for it, or stop it; one process at a time advances a tenant.", recovery: .later(after: nil))
  }

  /// What names this process to people: host and process.
  package static var ownName: String {
    var characters = [CChar](repeating: 0, count: 256)
    _ = unsafe gethostname(&characters, characters.count - 1)
    let host = String(decoding: characters.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
    return "\(Log.clean(host, limit: 64)), process \(getpid())"
  }

  private static let renewal = DatabaseStatement(
    "renew",
    """
    UPDATE message_trace.tenants SET expires = greatest(expires, clock_timestamp() + $3::bigint * interval '1 microsecond')
    WHERE tenant = $1 AND \(isHeld("$2"))
    """)

  private static let releasing = DatabaseStatement(
    "release",
    """
    UPDATE message_trace.tenants SET holder = NULL, token = NULL, expires = clock_timestamp()
    WHERE tenant = $1 AND \(isHeld("$2"))
    """)
}

/// The leases of all tenants.
package struct LeaseTable: Sendable {
  /// One tenant's.
  package struct Lease: Sendable, Equatable {
    package var tenant: String
    /// nil: no process has it.
    package var holder: String?
    package var epoch: Int64
    /// By the database's clock.
    package var expires: Instant
    /// The last committed batch.
    package var sequence: UInt64
    /// True if the expiry has passed, by the database's clock.
    package var hasExpired: Bool

    init?(_ row: DatabaseRow) {
      guard let tenant = row.text(0), let epoch = row.integer(2), let microseconds = row.integer(3) else { return nil }
      self.tenant = tenant
      holder = row.text(1)
      self.epoch = epoch
      expires = Instant(ticks: microseconds * 10)
      sequence = row.natural(5) ?? 0
      hasExpired = row.integer(6) == 1
    }
  }

  private let database: Database

  package init(_ database: Database) { self.database = database }

  /// By tenant, sorted.
  package func leases() throws(Failure) -> [Lease] {
    do throws(DatabaseTrouble) {
      return try database.runAgain(Self.all).rows.compactMap { Lease($0) }
    } catch {
      throw error.failure("Reading the leases", database.target)
    }
  }

  private static let columns = """
    SELECT tenant, holder, epoch, (extract(epoch FROM expires) * 1000000)::bigint, revision, sequence,
      expires <= clock_timestamp(), token, step FROM message_trace.tenants
    """
  private static let all = DatabaseStatement("leases", "\(columns) ORDER BY tenant")
  static let names = DatabaseStatement("tenants", "SELECT tenant FROM message_trace.tenants")
  static let one = DatabaseStatement("standing", "\(columns) WHERE tenant = $1")
}

extension Database {
  /// Runs a statement that may be run twice: once more where the connection turns out to be cut.
  func runAgain(_ statement: DatabaseStatement, _ values: [DatabaseValue] = []) throws(DatabaseTrouble) -> DatabaseRows
  {
    do throws(DatabaseTrouble) {
      return try run(statement, values)
    } catch {
      guard error.mayPass else { throw error }
      return try run(statement, values)
    }
  }
}
