// Refused events, wherever they are kept.

package import IntakeCore

/// Events that receivers have refused for good, with what is needed to list them and to send them again.
package protocol RejectedEvents: DeadLetters {
  /// Events set aside since this value was made.
  var count: Int { get }
  /// Calls `body` with each event, oldest first.
  func eachLine(_ body: (RejectedLine) -> Void) throws(Failure)
  /// Removes events.
  /// - Parameter isGone: true for those to remove.
  func remove(where isGone: (DeadLetter) -> Bool) throws(Failure)
}

extension RejectedFile: RejectedEvents {}
