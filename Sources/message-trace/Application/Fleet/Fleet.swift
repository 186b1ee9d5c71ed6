// This process among those that share the tenants of one database: seen regularly, with its leases renewed, and with its share.

internal import Checkpoint
internal import IntakeCore
internal import Synchronization
internal import Trigger

/// One process's part in the fleet of a database. Its own thread renews every lease, whatever the passes wait for; but not that
/// of a pass that gives no sign of life.
final class Fleet: Sendable {
  /// A lease of this process.
  private struct Held {
    var lease: TenantLease
    /// Until then nobody else can have taken the tenant: counted from before the request that extended the lease.
    var until: ContinuousClock.Instant
    /// Of the passes of the tenant; how often it has beaten, and when that was noticed.
    let heartbeat: Heartbeat
    var beats: UInt64
    var alive: ContinuousClock.Instant
  }

  let assignments = Assignments()
  private let table: MemberTable
  private let length: Duration
  private let log: Log
  private let held = Mutex<[String: Held]>([:])
  private let backfilled = Mutex<Set<String>>([])
  private let isDown = Mutex(false)
  private let hasWarned = Mutex(false)
  private let refusals = Mutex(Refusals())
  private let longestSilence: Duration

  /// - Parameters:
  ///   - target: the database.
  ///   - name: of this process, as in its leases.
  ///   - longestSilence: a pass without a heartbeat for this long loses its tenant.
  ///   - log: for what happens to leases.
  init(_ target: DatabaseTarget, name: String, longestSilence: Duration = Heartbeat.longestSilence, log: Log) {
    // Connections of its own: a renewal never waits for the statements of passes.
    table = MemberTable(Database(target), name: name)
    self.longestSilence = longestSilence
    length = target.lease
    self.log = log
  }

  /// A state was opened.
  func hold(_ lease: TenantLease, since: ContinuousClock.Instant, _ heartbeat: Heartbeat) {
    held.withLock {
      $0[lease.tenant] = Held(
        lease: lease, until: since + length, heartbeat: heartbeat, beats: heartbeat.count, alive: .now)
    }
  }

  /// A pass has ended, with this failure or none.
  func note(_ failure: Failure?, of tenant: String) { refusals.withLock { $0.note(failure, of: tenant) } }

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
    // A connection may have been cut meanwhile.
    for _ in 0..<3 where (try? table.release(leases)) == nil {}
    try? table.leave()
  }

  /// While the database cannot be reached it is tried more often.
  private var pause: Duration { isDown.withLock { $0 } ? min(table.interval, .seconds(1)) : table.interval }

  /// One look at the fleet.
  func beat() {
    do throws(Failure) {
      let started = ContinuousClock.now
      let leases = living(started)
      let kept = try table.beat(leases, tenants: Self.digest(collected))
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

  /// What this member collects: the tenants of its playbooks, but for those that it leaves to others.
  private var collected: Set<String> { assignments.known.subtracting(refusals.withLock { $0.tenants }) }

  /// The leases to renew. One whose pass gives no sign of life is given back: the pass may hang for ever.
  private func living(_ now: ContinuousClock.Instant) -> [TenantLease] {
    let working = assignments.working
    let (living, silent) = held.withLock { held in
      for (tenant, one) in held where !working.contains(tenant) || one.heartbeat.count != one.beats {
        held[tenant]?.beats = one.heartbeat.count
        held[tenant]?.alive = now
      }
      let silent = held.values.filter { now - $0.alive > longestSilence }.map(\.lease)
      for lease in silent { held[lease.tenant] = nil }
      return (held.values.map(\.lease), silent)
    }
    for lease in silent {
      log(
        .warning, "fleet.silent", "A pass hangs; it is stopped, and its tenant is left to another process.",
        [("tenant", lease.tenant)])
      abandon(lease.tenant)
    }
    try? table.release(silent)
    return living
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
    abandon(lease.tenant)
  }

  /// Stops the pass of a tenant that is lost. Until it has ended the tenant is left to the others: they would wait for this
  /// member, which has fewer now.
  private func abandon(_ tenant: String) {
    let isWorking = assignments.working.contains(tenant)
    if isWorking { refusals.withLock { $0.refuse(tenant, at: .now, isHanging: true) } }
    assignments.lose(tenant)
    // It may have ended just now.
    if isWorking, !assignments.working.contains(tenant) { refusals.withLock { $0.note(.stopped, of: tenant) } }
  }

  private func spread(_ view: MemberTable.View) throws(Failure) {
    backfilled.withLock { $0 = view.backfilled }
    refuse(view)
    warn(view)
    let known = collected
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

  /// Tenants that cannot be collected here are left to the others, where there are any.
  private func refuse(_ view: MemberTable.View) {
    let now = ContinuousClock.now
    let isAlone = view.members.union(view.others).subtracting([table.name]).isEmpty
    let failing = refusals.withLock { refusals in
      refusals.update(held: Set(view.holders.keys), patience: length * 2, now: now)
      return isAlone ? [] : refusals.refuseFailing(at: now)
    }
    for tenant in failing {
      log(
        .warning, "fleet.refused",
        "Passes of a tenant fail for a reason of this machine; the tenant is left to another process.",
        [("tenant", tenant)])
    }
  }

  private func warn(_ view: MemberTable.View) {
    guard let other = view.differing.sorted().first, !hasWarned.exchange(true) else { return }
    log(
      .warning, "fleet.lease_differs",
      "Another process holds its leases for another time than \(length.text): its tenants are missed after that time.",
      [("process", other), ("hint", "Set the same lease= in the state's URI on every machine.")])
  }

  /// Equal for members with the same tenants.
  static func digest(_ tenants: Set<String>) -> String {
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
