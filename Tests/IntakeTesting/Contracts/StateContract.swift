// What every state store promises, as one suite that every store's tests run.

package import IntakeCore
internal import Testing

/// A store under test: how to open it as a process would, and how to close it.
package struct StateContract<Store: StateStore>: Sendable {
  package var open: @Sendable () throws(Failure) -> Store
  package var close: @Sendable (Store) -> Void
  /// The code of the refusal while another process holds the state.
  package var heldCode: String

  /// False for a store that, once open, never brings back what it has pruned.
  package var recallsPruned: Bool

  package init(
    heldCode: String, recallsPruned: Bool = true, open: @escaping @Sendable () throws(Failure) -> Store,
    close: @escaping @Sendable (Store) -> Void
  ) {
    self.heldCode = heldCode
    self.recallsPruned = recallsPruned
    self.open = open
    self.close = close
  }

  /// Runs every scenario in turn against the same state, which is new.
  package func check() throws {
    try checkNew()
    let committed = try checkRoundTrip()
    try checkPending(after: committed)
    try checkSlowSink()
    try checkOrder()
    try checkRecall()
    if recallsPruned { try checkPruning() }
  }

  private func checkNew() throws {
    let store = try open()
    #expect(store.checkpoint == Checkpoint() && store.pending == [] && store.journalSize == 0, "a new state is empty")
    #expect("a state is held by one process at a time") {
      _ = try open()
    } throws: {
      ($0 as? Failure)?.code.rawValue == heldCode && ($0 as? Failure)?.exit == .tryLater
    }
    close(store)
  }

  private func checkRoundTrip() throws -> Checkpoint {
    var store = try open()
    var checkpoint = try deliver(3, to: &store)
    checkpoint.openSpans = [
      OpenSpan(
        window: Window(start: Instant(seconds: 10), end: Instant(ticks: 123_456_789)), opened: Instant(seconds: 30),
        tried: Instant(seconds: 40))
    ]
    try store.commit(checkpoint)
    close(store)
    store = try open()
    #expect(store.checkpoint == checkpoint, "a checkpoint comes back as it was committed")
    #expect(store.pending == [], "what every sink has is no longer in the journal")
    close(store)
    return checkpoint
  }

  private func checkPending(after checkpoint: Checkpoint) throws {
    var store = try open()
    let entry = try store.journal(Self.batch(4), cursors: ["live": Instant(ticks: 7)])
    close(store)
    store = try open()
    #expect(store.checkpoint == checkpoint && store.pending == [4], "a journaled batch is not committed")
    let read = try store.entry(4)
    #expect(read.bytes == entry.bytes && read.entries == entry.entries && read.cursors == entry.cursors)
    #expect(try store.reader.entry(4).bytes == entry.bytes)
    try store.recall(Self.around(4))
    let isNew = store.ledger.insert(entry.entries[0].identity, received: entry.entries[0].received)
    #expect(isNew, "identities of an entry that is not committed are not known")
    var next = checkpoint
    next.sequence = 4
    next.sinks["s"] = SinkPosition(sequence: 4)
    try store.commit(next)
    close(store)
    store = try open()
    #expect(store.pending == [] && store.checkpoint == next)
    try store.recall(Self.around(4))
    expectKnown(4, in: &store)
    close(store)
  }

  private func checkSlowSink() throws {
    var store = try open()
    var checkpoint = store.checkpoint
    checkpoint.sinks = ["fast": SinkPosition(sequence: 4), "slow": SinkPosition(sequence: 4)]
    for number in UInt64(5)...7 {
      let entry = try store.journal(Self.batch(number), cursors: [:])
      checkpoint.sequence = entry.sequence
      checkpoint.sinks["fast"] = SinkPosition(sequence: entry.sequence)
      try store.commit(checkpoint)
    }
    #expect(store.pending == [5, 6, 7] && store.journalSize > 0, "an entry stays while one sink lacks it")
    let size = store.journalSize
    close(store)
    store = try open()
    #expect(store.pending == [5, 6, 7] && store.journalSize == size)
    checkpoint.sinks["slow"] = SinkPosition(sequence: 6)
    try store.commit(checkpoint)
    #expect(store.pending == [7], "it goes when the last has it")
    checkpoint.sinks["slow"] = SinkPosition(sequence: 7)
    try store.commit(checkpoint)
    #expect(store.pending == [] && store.journalSize == 0)
    close(store)
  }

  private func checkOrder() throws {
    var store = try open()
    _ = try store.journal(Self.batch(8), cursors: [:])
    #expect("an entry that is not committed comes before the next") {
      _ = try store.journal(Self.batch(9), cursors: [:])
    } throws: {
      ($0 as? Failure)?.code.rawValue == "state.order"
    }
    close(store)
    store = try open()
    var back = store.checkpoint
    back.sequence = 1
    #expect("a checkpoint never goes back") {
      try store.commit(back)
    } throws: {
      ($0 as? Failure)?.code.rawValue == "state.order"
    }
    close(store)
    store = try open()
    #expect(store.pending == [8])
    var next = store.checkpoint
    next.sequence = 8
    for name in next.sinks.keys { next.sinks[name] = SinkPosition(sequence: 8) }
    try store.commit(next)
    close(store)
  }

  private func checkRecall() throws {
    var store = try open()
    for number in [UInt64(1), 3, 8, 2] {
      try store.recall(Self.around(number))
      expectKnown(number, in: &store)
    }
    var outside = Self.batch(9)
    for index in outside.entries.indices { outside.entries[index].isOutsideWindow = true }
    let entry = try store.journal(outside, cursors: [:])
    var next = store.checkpoint
    next.sequence = entry.sequence
    for name in next.sinks.keys { next.sinks[name] = SinkPosition(sequence: entry.sequence) }
    try store.commit(next)
    close(store)
    store = try open()
    let start = Self.received(1)
    try store.recall(start..<start)
    expectKnown(9, in: &store)
    try store.recall(Self.around(1))
    expectKnown(9, in: &store)
    expectKnown(1, in: &store)
    close(store)
  }

  private func checkPruning() throws {
    var store = try open()
    try store.prune(before: Self.received(2))
    try store.recall(Self.around(1))
    expectKnown(1, in: &store)
    try store.recall(Self.around(5))
    expectKnown(5, in: &store)
    try store.prune(before: Self.received(5) + .seconds(90 * 86_400))
    close(store)
    store = try open()
    try store.recall(Self.around(5))
    expectKnown(5, in: &store)
    try store.prune(before: Self.received(0) + .seconds(93 * 86_400))
    close(store)
    store = try open()
    try store.recall(Self.around(5))
    for entry in Self.batch(5).entries {
      let isNew = store.ledger.insert(entry.identity, received: entry.received)
      #expect(isNew, "identities that no read can meet again are gone")
    }
    close(store)
  }

  private func expectKnown(_ number: UInt64, in store: inout Store) {
    for entry in Self.batch(number).entries {
      let isNew = store.ledger.insert(entry.identity, received: entry.received)
      #expect(!isNew, "batch \(number) is known")
    }
  }

  private func deliver(_ count: Int, to store: inout Store) throws(Failure) -> Checkpoint {
    var checkpoint = store.checkpoint
    for _ in 0..<count {
      let entry = try store.journal(Self.batch(checkpoint.sequence + 1), cursors: [:])
      checkpoint.sequence = entry.sequence
      checkpoint.cursors["live"] = Instant(ticks: Int64(1_790_000_000) * Instant.perSecond + Int64(entry.sequence))
      checkpoint.sinks["s"] = SinkPosition(
        sequence: entry.sequence, file: FilePosition(device: .max, inode: 7, offset: .max))
      try store.commit(checkpoint)
    }
    return checkpoint
  }

  /// Each number's rows are a day older than those of the number before.
  private static func received(_ number: UInt64) -> Instant { Instant(seconds: 1_790_000_000 - Int64(number) * 86_400) }

  private static func around(_ number: UInt64) -> Range<Instant> {
    (received(number) - .seconds(60))..<(received(number) + .seconds(60))
  }

  /// Three events; bytes that no text of a database takes are among them.
  private static func batch(_ number: UInt64) -> Batch {
    var batch = Batch()
    for index in 0..<3 {
      batch.bytes += Array("{\"n\":\"\(number)-\(index)\\u0000\\ud800 ".utf8) + [0, 0xFF, 0x22, 0x7D, 0x0A]
      let identity = Identity(high: number &* 0x9E37_79B9_7F4A_7C15, low: UInt64(index) &+ number &* 1_000)
      batch.entries.append(.init(identity: identity, received: received(number), end: batch.bytes.count))
    }
    return batch
  }
}
