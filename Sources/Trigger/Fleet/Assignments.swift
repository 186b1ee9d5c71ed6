// Which tenants this process advances: written by the thread that talks to the fleet, read by the run of each playbook.

package import IntakeCore
internal import Synchronization

/// The tenants of this process in a fleet. A tenant is given up only between two passes.
package final class Assignments: Sendable {
  private struct Tenant {
    var isAssigned = false
    /// A pass is running.
    var isWorking = false
    /// Ends the pass that runs, nil where none does.
    var stop: (@Sendable () -> Void)?
    let signal = WakeSignal()
  }

  private let tenants = Mutex<[String: Tenant]>([:])

  package init() {}

  /// What this process has playbooks for.
  package var known: Set<String> { tenants.withLock { Set($0.keys) } }

  /// Tenants with a pass that runs.
  package var working: Set<String> { tenants.withLock { Set($0.filter { $0.value.isWorking }.keys) } }

  package func register(_ tenant: String) {
    tenants.withLock { tenants in
      if tenants[tenant] == nil { tenants[tenant] = Tenant() }
    }
  }

  /// Its playbook is for another tenant now.
  package func remove(_ tenant: String) { tenants.withLock { _ = $0.removeValue(forKey: tenant) } }

  package func isAssigned(_ tenant: String) -> Bool { tenants.withLock { $0[tenant]?.isAssigned ?? false } }

  /// Sets which tenants this process may advance, and wakes the runs of new ones.
  package func assign(_ mine: Set<String>) {
    let woken = tenants.withLock { tenants in
      var woken: [WakeSignal] = []
      for name in tenants.keys {
        let isMine = mine.contains(name)
        if isMine, let tenant = tenants[name], !tenant.isAssigned { woken.append(tenant.signal) }
        tenants[name]?.isAssigned = isMine
      }
      return woken
    }
    for signal in woken { signal.ring() }
  }

  /// Another process was faster; a pass that runs goes on to its end.
  package func unassign(_ tenant: String) { tenants.withLock { $0[tenant]?.isAssigned = false } }

  /// Another process has the tenant: a pass that runs is stopped at once.
  package func lose(_ tenant: String) {
    let stop = tenants.withLock { tenants in
      tenants[tenant]?.isAssigned = false
      return tenants[tenant]?.stop
    }
    stop?()
  }

  /// Returns once the tenant is assigned, or the task is cancelled. One that was removed, by a reload of another playbook
  /// that had it for a while, is known again.
  package func wait(for tenant: String, _ time: TimeSource) async {
    while !Task.isCancelled, let signal = missing(tenant) { _ = await signal.wait(.seconds(3_600), time) }
  }

  /// What is rung when the tenant is assigned; nil where it is.
  private func missing(_ tenant: String) -> WakeSignal? {
    tenants.withLock { tenants in
      let known = tenants[tenant] ?? Tenant()
      tenants[tenant] = known
      return known.isAssigned ? nil : known.signal
    }
  }

  /// Begins a pass.
  /// - Parameter stop: ends it; called from any thread, once the tenant is lost.
  /// - Returns: false where the tenant is not assigned: then no pass may begin.
  package func begin(_ tenant: String, stop: @escaping @Sendable () -> Void) -> Bool {
    tenants.withLock { tenants in
      guard tenants[tenant]?.isAssigned == true else { return false }
      tenants[tenant]?.isWorking = true
      tenants[tenant]?.stop = stop
      return true
    }
  }

  /// The pass has ended.
  /// - Returns: false where the tenant was lost or is to be given up.
  package func end(_ tenant: String) -> Bool {
    tenants.withLock { tenants in
      tenants[tenant]?.isWorking = false
      tenants[tenant]?.stop = nil
      return tenants[tenant]?.isAssigned ?? false
    }
  }
}
