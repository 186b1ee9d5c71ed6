// What of a journal entry the receiver has answered: the rest is sent again after a broken connection.

internal import IntakeCore

/// The messages of one journal entry, in order, and which of them were answered.
struct RELPBatch: Sendable {
  let entry: JournalEntry
  private var isAnswered: [Bool]
  private(set) var answered = 0
  /// The first message that is not on its way on this connection; answered ones before and behind it are left out.
  private var next = 0

  init(_ entry: JournalEntry) {
    self.entry = entry
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
  }

  /// The event's line.
  func line(_ index: Int) -> ArraySlice<UInt8> {
    entry.bytes[(index == 0 ? 0 : entry.entries[index - 1].end)..<entry.entries[index].end]
  }
}
