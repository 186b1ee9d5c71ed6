// What is known about a receiver, kept across batches and passes.

internal import Synchronization

/// Shared by the sinks of one spec, so that a daemon keeps it across passes.
final class ReceiverState: Sendable {
  struct Facts: Sendable {
    /// Frames between barriers; a quarter of them after each time that the receiver closed before the end.
    var interval = Int.max
    var earlyEnd = EarlyEnd.unknown
    /// Set once it has confirmed by closing, and never reset: from then on only closing counts as confirmation.
    var hasConfirmed = false
    /// Set once it has failed to confirm by closing before it ever did, and never reset.
    var isDowngraded = false
    /// The last batch was given back.
    var isDown = false
  }

  /// Ends of stream that came before ours.
  enum EarlyEnd: Sendable {
    case unknown
    /// Seen once: the next connection will show which kind it is.
    case seen
    /// After some frames: it closes both directions.
    case closes
    /// Before any frame: it closes only its sending side, and may still read.
    case atOnce
  }

  private let stored = Mutex(Facts())

  var facts: Facts { stored.withLock { $0 } }

  func update(_ change: (inout Facts) -> Void) { stored.withLock { change(&$0) } }

  /// How many of `count` frames to send first: twice the last interval that succeeded.
  func interval(for count: Int) -> Int {
    let known = facts.interval
    return max(1, known > count / 2 ? count : known * 2)
  }
}
