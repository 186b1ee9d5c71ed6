// What is known of a receiver, from one batch and one pass to the next.

internal import Synchronization

/// Shared by the sinks that one spec makes, so that a daemon does not learn anew with every pass.
final class ReceiverMemory: Sendable {
  struct Facts: Sendable {
    /// Frames between barriers; halved for receivers that close before the end.
    var interval = Int.max
    /// Ends of stream in a row that came before ours, or never.
    var oddEndings = 0
    /// Set for good once the receiver has shown that it cannot confirm by closing.
    var isDowngraded = false
    /// The last batch was given back.
    var isDown = false
  }

  private let facts = Mutex(Facts())

  var now: Facts { facts.withLock { $0 } }

  func update(_ change: (inout Facts) -> Void) { facts.withLock { change(&$0) } }

  /// How many of `count` frames to begin with: twice of what went well last.
  func interval(for count: Int) -> Int {
    let known = now.interval
    return max(1, known > count / 2 ? count : known * 2)
  }
}
