// All tenants of a database at a glance: one line each.

internal import Checkpoint
internal import IntakeCore
internal import Trigger

/// What a person sees first of a fleet: who holds what, until when, and which tenant fails or is late.
enum FleetTable {
  static func text(_ tenants: [TenantStatus], now: Instant) -> String {
    let headings = ["tenant", "last pass", "lag", "epoch", "lease", "held by"]
    let rows = [headings] + tenants.map { row($0, now) }
    let widths = headings.indices.map { column in rows.map { $0[column].count }.max() ?? 0 }
    let lines = rows.map { row in
      zip(row, widths).map { $0 + String(repeating: " ", count: max(0, $1 - $0.count)) }.joined(separator: "  ")
    }
    return lines.map { line in String(line.reversed().drop { $0 == " " }.reversed()) + "\n" }.joined() + sum(tenants)
  }

  private static func row(_ tenant: TenantStatus, _ now: Instant) -> [String] {
    let name = tenant.summary?.tenant ?? tenant.status?.tenant ?? ""
    let lag = tenant.live.map { (now - $0).spoken } ?? "-"
    guard let lease = tenant.summary?.lease else { return [clean(name), tenant.outcome, lag, "-", "-", "-"] }
    let isHeld = lease.holder != nil && !lease.hasExpired
    let end = isHeld ? "\(max(0, (lease.expires - now).components.seconds)) s left" : "free"
    return [clean(name), tenant.outcome, lag, "\(lease.epoch)", end, isHeld ? clean(lease.holder ?? "") : "-"]
  }

  /// How many tenants each process holds.
  private static func sum(_ tenants: [TenantStatus]) -> String {
    let leases = tenants.compactMap { $0.summary?.lease }
    let holders = leases.filter { !$0.hasExpired }.compactMap(\.holder)
    let counts = Dictionary(holders.map { (clean($0), 1) }, uniquingKeysWith: +).sorted { $0.key < $1.key }
    let list = counts.map { "\($0.key): \($0.value)" }.joined(separator: "; ")
    let noun = tenants.count == 1 ? "tenant" : "tenants"
    return "\n\(tenants.count) \(noun), \(holders.count) held\(list.isEmpty ? "" : ": \(list)")\n"
  }

  private static func clean(_ text: String) -> String { Log.clean(text, limit: 80) }
}
