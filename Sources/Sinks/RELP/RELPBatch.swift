// What of a journal entry the receiver has answered: the rest is sent again after a broken connection.

internal import IntakeCore

/// The messages of one journal entry, in order, and which of them were answered.
struct RELPBatch: Sendable {
  let entry: JournalEntry
  private var isAnswered: [Bool]
  private(set) var answered = 0
  /// Messages that the receiver has refused, by index, and not taken since.
  private(set) var refusals: [Int: RELPRefusal] = [:]
  /// When this run of refusals began, on the monotonic clock: nil before the first one.
  private(set) var refusingSince: Duration?
  /// A message of this batch was refused, taken since or not.
  private(set) var wasRefused = false
  private let patience: Duration
  /// The first message that is not on its way on this connection; answered ones before and behind it are left out.
  private var next = 0

  /// - Parameters:
  ///   - patience: from the first refusal until any is final.
  ///   - refusingSince: of a run of refusals that other batches have begun.
  init(_ entry: JournalEntry, patience: Duration = .zero, refusingSince: Duration? = nil) {
    self.entry = entry
    self.patience = patience
    self.refusingSince = refusingSince
    isAnswered = [Bool](repeating: false, count: entry.entries.count)
  }

  var isDone: Bool { answered == isAnswered.count }

  /// Everything that is not answered is to be sent, on a new connection.
  mutating func rewind() { next = 0 }

  /// The index of the next message to send, nil if all are answered or on their way.
  mutating func takeNext() -> Int? {
    while next < isAnswered.count, isAnswered[next] { next += 1 }
    guard next < isAnswered.count else { return nil }
    defer { next += 1 }
    return next
  }

  mutating func noteAnswer(to index: Int) {
    guard isAnswered.indices.contains(index), !isAnswered[index] else { return }
    isAnswered[index] = true
    answered += 1
    refusals[index] = nil
  }

  /// Called at most once for each connection.
  mutating func noteRefusal(of index: Int, status: Int?) {
    refusingSince = refusingSince ?? TimeSource.monotonic
    wasRefused = true
    refusals[index, default: RELPRefusal()].count += 1
    refusals[index]?.status = status
    settle(index)
  }

  /// Over the connection that it was refused over, the receiver has taken another message.
  mutating func noteOthersTaken(beside index: Int) {
    refusals[index]?.othersAreTaken = true
    settle(index)
  }

  private mutating func settle(_ index: Int) {
    guard var refusal = refusals[index], refusal.isRepeated, hasWaited else { return }
    noteAnswer(to: index)
    refusal.isFinal = true
    refusals[index] = refusal
  }

  /// A receiver that restarts or is short of something for a moment has had the time to recover.
  private var hasWaited: Bool { refusingSince.map { TimeSource.monotonic - $0 >= patience } ?? false }

  /// A message whose next refusal would be final if the receiver took another one over the same connection.
  var doubtful: Int? { hasWaited ? refusals.filter(\.value.needsProof).keys.min() : nil }

  /// Each message that is left was refused, and only time can make that final. Where many are refused and none was taken,
  /// the next pass may wait as well.
  var isWaiting: Bool {
    let left = isAnswered.count - answered
    return !hasWaited && left > 0 && refusals.count == left && (answered > 0 || left < RELPRefusal.mostInARow)
  }

  /// The messages that the receiver does not take, however often they are sent, in order.
  var refused: [(index: Int, status: Int?)] {
    refusals.filter(\.value.isFinal).map { ($0.key, $0.value.status) }.sorted { $0.0 < $1.0 }
  }

  /// True for a batch with the same events in the same places.
  func isOf(_ other: JournalEntry) -> Bool {
    entry.sequence == other.sequence && entry.entries.isOfSameEvents(as: other.entries)
  }

  /// The event's line.
  func line(_ index: Int) -> ArraySlice<UInt8> {
    entry.bytes[(index == 0 ? 0 : entry.entries[index - 1].end)..<entry.entries[index].end]
  }
}

/// How a receiver has refused one message.
///
/// RELP has one status for every reason. A receiver that is shutting down, or short of something, refuses all that comes
/// and takes it later; one that minds the message itself refuses it over each connection, and takes others meanwhile.
struct RELPRefusal: Sendable {
  /// Connections over which it was refused.
  var count = 0
  var status: Int?
  /// A message behind it, or a shortened copy before it, was taken over the same connection.
  var othersAreTaken = false
  /// Set once it is given up.
  var isFinal = false

  /// Refusals over so many connections, and others taken meanwhile, are final.
  static let most = 3
  /// Where a batch of so many is refused whole, the fault is not the events'.
  static let mostInARow = 50

  var isRepeated: Bool { count >= Self.most && othersAreTaken }
  var needsProof: Bool { count + 1 >= Self.most && !othersAreTaken }
}
