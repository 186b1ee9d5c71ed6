// The heartbeat of a run: at the start of each pass and at every page.

package import IntakeCore
internal import Synchronization

/// The last instant at which a run made progress. Shared by the run, its pipeline and the watchdog.
package final class Heartbeat: Sendable {
  private let state = Mutex<(last: Instant?, count: UInt64)>((nil, 0))

  /// A pass without a beat for this long counts as stuck.
  package static let longestSilence: Duration = .seconds(600)

  package init() {}

  /// nil before the first beat.
  package var last: Instant? { state.withLock { $0.last } }

  /// Beats so far: they do not depend on the host's clock.
  package var count: UInt64 { state.withLock { $0.count } }

  package func beat(_ now: Instant) { state.withLock { $0 = (max($0.last ?? now, now), $0.count &+ 1) } }
}
