// Refused events, wherever they are kept.

package import IntakeCore

/// Events that receivers have refused for good, with what is needed to list them and to send them again.
package protocol RejectedEvents: DeadLetters {
  /// Events set aside since this value was made.
  var count: Int { get }
  /// Calls `body` with each event, oldest first.
  func eachLine(_ body: (RejectedLine) -> Void) throws(Failure)
  /// Notes that a sink has taken these events: they are not given out any more, also after a crash.
  func noteTaken(_ identities: [Identity], by sink: String) throws(Failure)
  /// Removes what was taken; until then it counts as gone all the same.
  func settle() throws(Failure)
}

extension RejectedFile: RejectedEvents {}
