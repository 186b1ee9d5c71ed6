// What is known about a receiver, kept across batches and passes.

internal import IntakeCore
internal import Synchronization

/// Shared by the sinks of one spec, so that a daemon keeps it across passes.
final class ReceiverState: Sendable {
  struct Facts: Sendable {
    /// Frames between barriers; a quarter of them after each time that the receiver closed before the end.
    var interval = Int.max
    /// Ends of stream that came before ours, in all, and since the last one that followed ours.
    var earlyEnds = (all: 0, inARow: 0)
    /// It has ended its side before it had got anything.
    var endsAtOnce = false
    /// Set once it has confirmed by closing, and never reset: from then on only closing counts as confirmation.
    var hasConfirmed = false
    /// Set for good once it has shown, before it ever confirmed, that it does not close.
    var isDowngraded = false
    /// Set for good once it has shown that its ends come before ours whatever it is sent.
    var endsProveNothing = false
    /// What the sinks of before have learned of it.
    var contact: SinkPosition.Contact?
    /// When it last kept a connection open behind the last byte, on the monotonic clock.
    var heldAt: Duration?
    /// It ended connections and answered a question in this protocol.
    var peer: PeerProtocol?
    /// It has been asked, since it last took something.
    var isAsked = false
    /// It has said something that nobody expects of it.
    var hasTalked = false
    /// The last batch was given back.
    var isDown = false
    /// Of RELP: what of the batch that was given back is answered already.
    var unfinished: RELPBatch?
    /// Of RELP: when a run of refusals began and when the last batch of it ended, on the monotonic clock.
    var refusing: (since: Duration, until: Duration)?
  }

  private let stored = Mutex(Facts())

  var facts: Facts { stored.withLock { $0 } }

  func update(_ change: (inout Facts) -> Void) { stored.withLock { change(&$0) } }

  /// When the run of refusals began that is not over: a backlog waits for its end once, not in each batch.
  var refusingSince: Duration? {
    guard let run = facts.refusing, TimeSource.monotonic - run.until < .seconds(600) else { return nil }
    return run.since
  }

  func note(refusingSince start: Duration?) {
    guard let start else { return }
    update { $0.refusing = (start, TimeSource.monotonic) }
  }

  /// How many of `count` frames to send first: twice the last interval that succeeded.
  func interval(for count: Int) -> Int {
    let known = facts.interval
    return max(1, known > count / 2 ? count : known * 2)
  }
}
