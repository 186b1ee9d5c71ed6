// This process among those that share the tenants of one database: seen regularly, with its leases renewed, and with its share.

internal import Checkpoint
internal import IntakeCore
internal import Synchronization
internal import Trigger

/// One process's part in the fleet of a database. Its own thread renews every lease, whatever the passes wait for.
final class Fleet: Sendable {
  /// A lease of this process.
  private struct Held {
    var lease: TenantLease
    /// Until then nobody else can have taken the tenant: counted from before the request that extended the lease.
    var until: ContinuousClock.Instant
  }

  let assignments = Assignments()
  private let table: MemberTable
  private let length: Duration
  private let log: Log
  private let held = Mutex<[String: Held]>([:])
  private let backfilled = Mutex<Set<String>>([])
  private let isDown = Mutex(false)

  /// - Parameters:
  ///   - target: the database.
  ///   - name: of this process, as in its leases.
  ///   - log: for what happens to leases.
  init(_ target: DatabaseTarget, name: String, log: Log) {
    // Connections of its own: a renewal never waits for the statements of passes.
    table = MemberTable(Database(target), name: name)
    length = target.lease
    self.log = log
  }

  /// A state was opened.
  func hold(_ lease: TenantLease, since: ContinuousClock.Instant) {
    held.withLock { $0[lease.tenant] = Held(lease: lease, until: since + length) }
  }

  /// A state was closed.
  func forget(_ lease: TenantLease) {
    held.withLock { if $0[lease.tenant]?.lease.epoch == lease.epoch { $0[lease.tenant] = nil } }
  }

  func holds(_ lease: TenantLease) -> Bool {
    held.withLock { $0[lease.tenant].map { $0.lease.epoch == lease.epoch && $0.until > .now } ?? false }
  }

  /// True if the tenant has to be free between two passes.
  func isBackfilled(_ tenant: String) -> Bool { backfilled.withLock { $0.contains(tenant) } }

  /// Takes part until the task is cancelled; then gives all leases back.
  func run() async {
    while !Task.isCancelled {
      loseExpired()
      beat()
      do { try await TimeSource.systemSleep(pause) } catch { break }
    }
    let leases = held.withLock { held in
      defer { held = [:] }
      return held.values.map(\.lease)
    }
    try? table.release(leases)
    try? table.leave()
  }

  /// While the database cannot be reached it is tried more often.
  private var pause: Duration { isDown.withLock { $0 } ? min(table.interval, .seconds(1)) : table.interval }

  /// One look at the fleet.
  private func beat() {
    do throws(Failure) {
      let started = ContinuousClock.now
      let leases = held.withLock { $0.values.map(\.lease) }
      let kept = try table.beat(leases, tenants: Self.digest(assignments.known))
      for lease in leases {
        if kept.contains(lease.tenant) { extend(lease, since: started) } else { lose(lease) }
      }
      try spread(try table.view())
      if isDown.exchange(false) { log(.info, "fleet.reached", "The database answers again.") }
    } catch {
      if !isDown.exchange(true) { log.failure(error, level: .warning) }
      loseExpired()
    }
  }

  private func extend(_ lease: TenantLease, since: ContinuousClock.Instant) {
    held.withLock { held in
      if held[lease.tenant]?.lease.epoch == lease.epoch { held[lease.tenant]?.until = since + length }
    }
  }

  /// Leases that could not be renewed in time: the database was away, or this process stood still.
  private func loseExpired() {
    let expired = held.withLock { $0.values.filter { $0.until <= .now }.map(\.lease) }
    for lease in expired { lose(lease) }
  }

  private func lose(_ lease: TenantLease) {
    forget(lease)
    log(
      .warning, "fleet.lost", "The lease of a tenant is lost; its pass stops, and another process continues.",
      [("tenant", lease.tenant)])
    assignments.lose(lease.tenant)
  }

  private func spread(_ view: MemberTable.View) throws(Failure) {
    backfilled.withLock { $0 = view.backfilled }
    let known = assignments.known
    let plan = Spreading(of: table.name, among: view.members, tenants: known, holders: view.holders)
    let leases = held.withLock { $0.mapValues(\.lease) }
    // A pass that has just begun may be taking its lease.
    let begun = assignments.working.filter { assignments.isAssigned($0) }
    let mine = Set(leases.keys).union(begun).intersection(known).union(plan.toTake).subtracting(plan.toHandOver)
    assignments.assign(mine)
    // From here on no pass of another tenant begins; one that runs gives the lease back at its end.
    let working = assignments.working
    let idle = leases.values.filter { !mine.contains($0.tenant) && !working.contains($0.tenant) }
    for lease in idle {
      forget(lease)
      log(.info, "fleet.handed_over", "A tenant is left to another process.", [("tenant", lease.tenant)])
    }
    try table.release(idle)
  }

  /// Equal for members with the same tenants.
  private static func digest(_ tenants: Set<String>) -> String {
    SHA256.digest(Array(tenants.sorted().joined(separator: "\n").utf8)).prefix(8).hex
  }
}

extension Mutex where Value == Bool {
  fileprivate func exchange(_ new: Bool) -> Bool {
    withLock { value in
      defer { value = new }
      return value
    }
  }
}
