// What the daemon repeats: the one protocol between the trigger and the parts that do the work.

package import IntakeCore

/// The passes of one playbook.
package protocol PassRunning {
  var every: Duration { get }
  /// True once a pass has read all that was due, in this process or an earlier one.
  var haveWorked: Bool { get }
  /// True where this process may run a pass now; false while another one of the fleet has the tenant.
  var mayPass: Bool { get }
  /// Returns once it may, or when the task is cancelled.
  mutating func waitForTurn() async
  /// Runs one pass; failures are part of its outcome.
  mutating func pass() async -> PassOutcome
  /// Publishes the outcome and the begin of the next pass to people and programs.
  /// - Returns: why that failed, nil if it did not; the pass itself is not affected.
  @discardableResult
  mutating func publish(_ outcome: PassOutcome, next: Instant?) -> Failure?
  /// Reads the settings again; throws and keeps the old ones if the new ones are invalid.
  mutating func reload() throws(Failure)
}

extension PassRunning {
  /// Passes that keep no record of it have not.
  package var haveWorked: Bool { false }

  /// Passes that nobody shares.
  package var mayPass: Bool { true }
  package mutating func waitForTurn() async {}
}
