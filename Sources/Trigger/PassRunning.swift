// What the daemon repeats: the one protocol between the trigger and the parts that do the work.

package import IntakeCore

/// What a playbook's run repeats.
package protocol PassRunning {
  var every: Duration { get }
  /// Runs one pass; what went wrong stands in its ending.
  mutating func pass() async -> PassOutcome
  /// Tells people and programs how it stands, and when the next pass begins.
  /// - Returns: why it could not be told, if so; the pass itself is not concerned.
  @discardableResult
  mutating func tell(_ ending: PassOutcome, next: Instant?) -> Failure?
  /// Reads the settings anew; throws and keeps the old ones if the new are wrong.
  mutating func reload() throws(Failure)
}
