// The heartbeat of a run: at the start of each pass and at every page.

package import IntakeCore
internal import Synchronization

/// The last instant at which a run made progress. Shared by the run, its pipeline and the watchdog.
package final class Heartbeat: Sendable {
  private let state = Mutex<Instant?>(nil)

  package init() {}

  /// nil before the first beat.
  package var last: Instant? { state.withLock { $0 } }

  package func beat(_ now: Instant) { state.withLock { $0 = max($0 ?? now, now) } }
}
