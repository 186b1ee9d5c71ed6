// What is known about a service, kept across batches and passes.

internal import HTTPTransport
internal import IntakeCore
internal import Synchronization

/// Shared by the sinks of one spec, so that a daemon keeps it across passes.
final class HTTPReceiver: Sendable {
  struct Facts: Sendable {
    /// No request before this instant: the service's Retry-After, whatever becomes of the host's clock.
    var notBefore: ContinuousClock.Instant?
    /// Most bytes of a body that the service takes, once it has refused a larger one.
    var mostBytes = Int.max
    /// Whether the service gives out receipts; nil before its first answer.
    var givesReceipts: Bool?
    /// What is known of a batch that was not finished.
    fileprivate(set) var progress: Progress?
  }

  /// A batch that a service has taken in part.
  struct Progress: Sendable {
    fileprivate let key: Key
    var taken: [Bool]
    var refused: [Refusal]
  }

  /// Every event in its place: a state that was set up anew numbers its batches from 1 again.
  fileprivate struct Key: Sendable, Equatable {
    let sequence: UInt64
    let entries: [Batch.Entry]

    init(_ entry: JournalEntry) {
      sequence = entry.sequence
      entries = entry.entries
    }

    static func == (left: Key, right: Key) -> Bool {
      left.sequence == right.sequence && left.entries.isOfSameEvents(as: right.entries)
    }
  }

  let said = SaidOnce()
  private let stored = Mutex(Facts())
  private let connections = Mutex<HTTPConnections?>(nil)

  var facts: Facts { stored.withLock { $0 } }

  func update(_ change: (inout Facts) -> Void) { stored.withLock { change(&$0) } }

  /// The connections of the last sink that has not failed, with their tokens; else new ones.
  func connections(_ make: () throws(Failure) -> HTTPConnections) throws(Failure) -> HTTPConnections {
    if let kept = connections.withLock({ $0 }) { return kept }
    let new = try make()
    connections.withLock { $0 = new }
    return new
  }

  /// After a failure a connection, a token or a name may be out of date.
  func forgetConnections() { connections.withLock { $0 = nil } }

  /// What the service has taken of this very batch; nothing if that is not known.
  func progress(of entry: JournalEntry) -> Progress {
    let key = Key(entry)
    if let known = facts.progress, known.key == key { return known }
    return Progress(key: key, taken: Array(repeating: false, count: entry.entries.count), refused: [])
  }

  /// nil once the batch is finished.
  func remember(_ progress: Progress?) { stored.withLock { $0.progress = progress } }
}

/// Clients of one service, and what they count together.
struct HTTPConnections: Sendable {
  let clients: [HTTPClient]
  let counter: RequestCounter
}

/// What was said, so that it is said once.
final class SaidOnce: Sendable {
  private let said = Mutex<Set<String>>([])

  /// True the first time for each text.
  func isNew(_ text: String) -> Bool { said.withLock { $0.insert(text).inserted } }
}

extension [Batch.Entry] {
  /// True if the same events stand in the same places; what else is known of them may have been read from the journal.
  func isOfSameEvents(as other: [Batch.Entry]) -> Bool {
    count == other.count && zip(self, other).allSatisfy { $0.identity == $1.identity && $0.end == $1.end }
  }
}
