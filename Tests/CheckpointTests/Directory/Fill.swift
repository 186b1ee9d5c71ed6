// Batches that can be told apart, and a state filled with them.

internal import IntakeCore

@testable import Checkpoint

enum Fill {
  /// Each number's rows are a day older than the number before.
  static func received(_ number: UInt64) -> Instant { Instant(seconds: 1_790_000_000 - Int64(number) * 86_400) }

  static func batch(_ number: UInt64) -> Batch {
    var batch = Batch()
    for index in 0..<3 {
      batch.bytes += Array("{\"n\":\"\(number)-\(index)\"}\n".utf8)
      let identity = Identity(high: number &* 0x9E37_79B9_7F4A_7C15, low: UInt64(index) &+ number &* 1_000)
      batch.entries.append(.init(identity: identity, received: received(number), end: batch.bytes.count))
    }
    return batch
  }

  static func entry(_ number: UInt64) -> JournalEntry {
    let batch = batch(number)
    return JournalEntry(sequence: number, bytes: batch.bytes, entries: batch.entries, cursors: [:])
  }

  /// Journals and commits so many batches for one sink; the checkpoint at the end.
  static func deliver(_ count: Int, to state: inout some StateStore) throws(Failure) -> Checkpoint {
    var checkpoint = state.checkpoint
    for _ in 0..<count {
      let entry = try state.journal(batch(checkpoint.sequence + 1), cursors: [:])
      checkpoint.sequence = entry.sequence
      checkpoint.cursors["live"] = Instant(ticks: Int64(1_790_000_000) * Instant.perSecond + Int64(entry.sequence))
      checkpoint.sinks["file:/a \"b\""] = SinkPosition(
        sequence: entry.sequence, file: FilePosition(device: .max, inode: 7, offset: .max))
      try state.commit(checkpoint)
    }
    return checkpoint
  }
}
