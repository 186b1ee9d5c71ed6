// What is known of a receiver, from one batch and one pass to the next.

internal import Synchronization

/// Shared by the sinks that one spec makes, so that a daemon does not learn anew with every pass.
final class ReceiverState: Sendable {
  struct Facts: Sendable {
    /// Frames between barriers; a quarter of them after each time that the receiver closed before the end.
    var interval = Int.max
    var earlyEnd = EarlyEnd.unknown
    /// Set for good once it has confirmed by closing: from then on it is held to that, however long it may hang.
    var hasConfirmed = false
    /// Set for good once it has shown, before it ever confirmed, that it cannot confirm by closing.
    var isDowngraded = false
    /// The last batch was given back.
    var isDown = false
  }

  /// Ends of stream that came before ours.
  enum EarlyEnd: Sendable {
    case unknown
    /// Once: the next connection will show of what kind they are.
    case seen
    /// After some frames: it closes altogether.
    case closes
    /// Before any frame: it has nothing to say, and may well read on.
    case atOnce
  }

  private let stored = Mutex(Facts())

  var facts: Facts { stored.withLock { $0 } }

  func update(_ change: (inout Facts) -> Void) { stored.withLock { change(&$0) } }

  /// How many of `count` frames to begin with: twice of what went well last.
  func interval(for count: Int) -> Int {
    let known = facts.interval
    return max(1, known > count / 2 ? count : known * 2)
  }
}
