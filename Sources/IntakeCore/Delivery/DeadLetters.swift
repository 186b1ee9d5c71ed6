// Events that a receiver refuses for good.

/// One event that a receiver has refused, and why.
package struct DeadLetter: Sendable, Equatable {
  /// Name of the sink.
  package var sink: String
  package var identity: Identity
  /// Of the row, as in its journal entry.
  package var received: Instant
  /// The receiver's words. They may quote the event: for the file beside the event, not for the log.
  package var reason: String
  /// The event's line without LF.
  package var event: [UInt8]

  package init(sink: String, identity: Identity, received: Instant, reason: String, event: [UInt8]) {
    self.sink = sink
    self.identity = identity
    self.received = received
    self.reason = reason
    self.event = event
  }
}

/// Where refused events are kept until somebody looks at them. Called from the threads of several sinks.
package protocol DeadLetters: Sendable {
  /// Keeps them; they survive a power cut once it returns. One that is kept already is not kept again.
  /// - Throws: what the disk says, or `rejected.full` (75): the batch then counts as not delivered.
  func keep(_ letters: [DeadLetter], at now: Instant) throws(Failure)
}
