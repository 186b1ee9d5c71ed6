// From page to commit: the only place where anything is committed. Reading windows: Pipeline+Reading.

/// One source, one mapping, one state, any number of sinks.
///
/// The commit rule: a batch is on disk, synced, before a sink sees it; a cursor moves only in the commit that follows the
/// window's last page; a journal entry is removed only when every sink has acknowledged it. Any failure leaves the
/// checkpoint where it was. After a failure of the state, drop the pipeline and open a new one. The steps have the names of
/// the article <doc:CommitProtocol>.
package struct Pipeline<Input: Source, Mapping: Normalising, State: StateStore> {
  package let source: Input
  package let mapping: Mapping
  package let sinks: [any Sink]
  package var state: State
  package let time: TimeSource
  /// Bytes of journal beyond which fetching pauses: until then, a sink that is down delays only itself.
  package let journalCap: Int
  /// The first failure of each sink that is behind, by name; cleared when it catches up.
  package private(set) var sinkFailures: [String: Failure] = [:]
  /// Of the newest page: bounds the next window, as the local clock does.
  package var serverDate: Instant?
  /// The newest received time of a new row, no later than the local clock: stands for the service's clock where the
  /// service sends no date.
  package private(set) var newestRow: Instant?
  /// Spans left open since the pipeline was made, and why.
  package var unread: [(window: Window, failure: Failure)] = []
  var isolation = Isolation()
  /// The start of the window being read: the ledger keeps a row for as long as its window is read again, whatever time
  /// the row claims.
  var floor = Instant(ticks: 0)

  /// Names of sinks that could not be opened yet.
  private var unopened: Set<String> = []
  private var batch = Batch()

  package init(
    source: Input, mapping: Mapping, sinks: [any Sink], state: State, time: TimeSource,
    journalCap: Int = 1 << 30
  ) {
    self.source = source
    self.mapping = mapping
    self.sinks = sinks
    self.state = state
    self.time = time
    self.journalCap = journalCap
  }

  /// Opens every sink and fixes where new ones start. Call it first, and `drain()` next.
  ///
  /// A sink that was delivered to before and cannot be opened now delays only itself, unless it is the only one.
  /// - Parameter forgetting: gives up what a sink that is no longer configured has not acknowledged.
  package mutating func open(forgetting: Bool = false) async throws(Failure) {
    var checkpoint = state.checkpoint
    try leaveRemovedSinks(&checkpoint, forgetting: forgetting)
    unopened = Set(sinks.map(\.name))
    sinkFailures = [:]
    try await openSinks(&checkpoint)
  }

  private mutating func openSinks(_ checkpoint: inout Checkpoint) async throws(Failure) {
    for sink in sinks where unopened.contains(sink.name) {
      let known = checkpoint.sinks[sink.name]
      do {
        var position = try await sink.open(at: known)
        if known == nil { position.sequence = checkpoint.sequence }
        checkpoint.sinks[sink.name] = position
        unopened.remove(sink.name)
      } catch {
        guard known != nil, sinks.count > 1 else { throw error }
        sinkFailures[sink.name] = error
      }
    }
    if unopened.count == sinks.count, let failure = sinkFailures.values.first { throw failure }
    if checkpoint != state.checkpoint { try state.commit(checkpoint) }
  }

  /// A sink that is no longer configured must neither hold the journal for ever nor lose what waits for it.
  private func leaveRemovedSinks(_ checkpoint: inout Checkpoint, forgetting: Bool) throws(Failure) {
    let configured = Set(sinks.map(\.name))
    let newest = state.pending.last ?? checkpoint.sequence
    for (name, position) in checkpoint.sinks where !configured.contains(name) {
      guard forgetting || position.sequence >= newest else {
        throw Failure(
          "sink.removed", exit: .configuration,
          "Opening the sinks: \(name) was removed from the configuration but has undelivered batches.",
          hint: "Configure it again until it has caught up, or discard them with --forget-sink.")
      }
      checkpoint.sinks[name] = nil
    }
  }

  /// Delivers pending journal entries, oldest first, to the sinks that lack them, and commits what they acknowledged.
  ///
  /// Called after `open` and at the beginning of each pass: a sink that is down costs one round of waiting a pass.
  package mutating func drain() async throws(Failure) {
    sinkFailures = [:]
    if !unopened.isEmpty {
      var checkpoint = state.checkpoint
      try await openSinks(&checkpoint)
    }
    try await deliverPending()
  }

  private mutating func deliverPending() async throws(Failure) {
    for sequence in state.pending {
      try await commit(try state.entry(sequence))
    }
  }

  /// Moves cursors without reading: what a wider or later read has already covered.
  package mutating func move(_ cursors: [String: Instant]) throws(Failure) {
    var checkpoint = state.checkpoint
    for (name, instant) in cursors { checkpoint.advance(name, to: instant) }
    if checkpoint != state.checkpoint { try state.commit(checkpoint) }
  }

  /// Sets the cursors, which may also move back or go: for the schedule, before it reads.
  package mutating func set(_ cursors: [String: Instant]) throws(Failure) {
    var checkpoint = state.checkpoint
    checkpoint.cursors = cursors
    if checkpoint != state.checkpoint { try state.commit(checkpoint) }
  }

  package func close() async {
    for sink in sinks { await sink.close() }
  }

  /// Takes one page through every step from map to remove.
  mutating func take(
    _ page: Page, by mapping: some Normalising, cursor: (name: String, end: Instant)?, into tally: inout Tally
  ) async throws(Failure) {
    batch.clear()
    let now = time.now()
    mapping.normalise(page, created: now, into: &batch, ledger: &state.ledger)
    noteAges(now)
    tally.pages += 1
    tally.rows += batch.rows
    tally.emitted += batch.entries.count
    tally.duplicates += batch.duplicates
    tally.failed += batch.failed
    var next = state.checkpoint
    if let cursor { next.advance(cursor.name, to: cursor.end) }
    if batch.entries.isEmpty {
      if next != state.checkpoint { try state.commit(next) }
    } else {
      try await commit(try state.journal(batch, cursors: next.cursors))
    }
  }

  private mutating func noteAges(_ now: Instant) {
    for index in batch.entries.indices {
      let received = batch.entries[index].received
      if received <= now { newestRow = max(newestRow ?? received, received) }
      batch.entries[index].received = max(received, floor)
    }
  }

  /// Deliver to remove: every sink that is not behind gets the entry; one that fails keeps its old position and its entries.
  private mutating func commit(_ entry: JournalEntry) async throws(Failure) {
    var next = state.checkpoint
    next.sequence = max(next.sequence, entry.sequence)
    for (name, instant) in entry.cursors { next.advance(name, to: instant) }
    for sink in sinks {
      guard let position = next.sinks[sink.name], position.sequence < entry.sequence,
        sinkFailures[sink.name] == nil
      else { continue }
      do {
        next.sinks[sink.name] = try await sink.deliver(entry, from: position)
      } catch {
        sinkFailures[sink.name] = error
      }
    }
    try state.commit(next)
  }

  /// - Throws: `journal.full` (75).
  func checkRoom() throws(Failure) {
    guard state.journalSize >= journalCap else { return }
    let cause = sinkFailures.values.first
    throw Failure(
      "journal.full", exit: .tryLater,
      "Fetching is paused: \(state.journalSize) bytes of the journal are undelivered.",
      hint: cause.map { "Fix the sink first: \($0.sentence)" }, recovery: .later(after: nil), cause: cause)
  }
}
