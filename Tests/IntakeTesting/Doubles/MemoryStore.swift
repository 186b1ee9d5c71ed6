// The state store and the ledger in memory.

package import IntakeCore

/// A ledger that is a set.
package struct MemoryLedger: Ledger, Sendable {
  package var known: Set<Identity> = []
  package init() {}
  package mutating func insert(_ identity: Identity, received: Instant) -> Bool { known.insert(identity).inserted }
}

/// A store without a disk, with the same rules; `failing` names the operation that fails next.
package struct MemoryStore: StateStore, Sendable {
  package var checkpoint = Checkpoint()
  package var ledger = MemoryLedger()
  package var entries: [JournalEntry] {
    get { held.entries.value }
    set { held.entries.update { $0 = newValue } }
  }
  private let held = MemoryJournal()
  package var commits = 0
  /// What was recalled, in order.
  package var recalls: [Range<Instant>] = []

  package init() {}

  package var pending: [UInt64] { entries.map(\.sequence) }
  package var journalSize: Int { entries.reduce(0) { $0 + $1.bytes.count } }

  package mutating func journal(_ batch: Batch, cursors: [String: Instant]) throws(Failure) -> JournalEntry {
    let entry = JournalEntry(
      sequence: checkpoint.sequence + 1, bytes: batch.bytes, entries: batch.entries, cursors: cursors)
    entries.append(entry)
    return entry
  }

  package var reader: any JournalReading { held }

  package func entry(_ sequence: UInt64) throws(Failure) -> JournalEntry { try held.entry(sequence) }

  package mutating func commit(_ next: Checkpoint) throws(Failure) {
    commits += 1
    checkpoint = next
    let slowest = next.sinks.values.map(\.sequence).min() ?? next.sequence
    entries.removeAll { $0.sequence <= min(next.sequence, slowest) }
  }

  package mutating func recall(_ received: Range<Instant>) throws(Failure) { recalls.append(received) }

  package mutating func prune(before horizon: Instant) throws(Failure) {}
}

/// The entries of a store and its copies.
private final class MemoryJournal: JournalReading {
  let entries = Locked<[JournalEntry]>([])

  func entry(_ sequence: UInt64) throws(Failure) -> JournalEntry {
    guard let entry = entries.value.first(where: { $0.sequence == sequence }) else {
      throw Failure("state.gap", exit: .bug, "There is no entry \(sequence).")
    }
    return entry
  }
}
