// Tenants that a member of a fleet leaves to the others for a while. Pure: what happened in, whom to leave out.

package import IntakeCore

/// What a member cannot collect for a reason of its own: its passes of the tenant hang, or fail for what another machine may
/// not meet (`Failure.isOfMachine`).
///
/// A refused tenant counts as one that the member has no playbook for. Another member takes it; where none does within two
/// leases, the member tries again: a tenant that no machine can collect stays with one that tries.
package struct Refusals: Sendable {
  private struct Refusal {
    var since: ContinuousClock.Instant
    /// When another process was last seen to hold the tenant, or the beginning.
    var held: ContinuousClock.Instant
    /// Its pass runs here still, though the tenant is lost.
    var isHanging: Bool
  }

  /// Failed passes in a row after which a tenant is refused.
  package static let mostFailures = 3
  /// A machine that was mended gets its share again after this time.
  package static let longest: Duration = .seconds(600)

  private var failures: [String: Int] = [:]
  private var refused: [String: Refusal] = [:]

  package init() {}

  package var tenants: Set<String> { Set(refused.keys) }

  /// A pass has ended.
  package mutating func note(_ failure: Failure?, of tenant: String) {
    if refused[tenant]?.isHanging == true { refused[tenant] = nil }
    guard let failure else {
      failures[tenant] = nil
      return
    }
    // A lease that another process has, and a database that is away, say nothing about the tenant.
    guard !failure.isOfState else { return }
    failures[tenant] = failure.isOfMachine ? min((failures[tenant] ?? 0) + 1, Self.mostFailures) : nil
  }

  /// Those that have failed too often; from now on they are refused.
  package mutating func refuseFailing(at now: ContinuousClock.Instant) -> [String] {
    let failing = failures.filter { $0.value >= Self.mostFailures }.keys.sorted()
    for tenant in failing { refuse(tenant, at: now) }
    return failing
  }

  /// - Parameter isHanging: its pass runs here still: the refusal ends with it.
  package mutating func refuse(_ tenant: String, at now: ContinuousClock.Instant, isHanging: Bool = false) {
    failures[tenant] = nil
    refused[tenant] = Refusal(since: now, held: now, isHanging: isHanging)
  }

  /// Ends refusals, but for those of passes that hang.
  /// - Parameters:
  ///   - held: tenants that some process holds now.
  ///   - patience: how long another member may take to take one.
  package mutating func update(held: Set<String>, patience: Duration, now: ContinuousClock.Instant) {
    for (tenant, refusal) in refused where !refusal.isHanging {
      if held.contains(tenant) { refused[tenant]?.held = now }
      let isForgotten = !held.contains(tenant) && now - refusal.held >= patience
      if isForgotten || now - refusal.since >= Self.longest { refused[tenant] = nil }
    }
  }
}
