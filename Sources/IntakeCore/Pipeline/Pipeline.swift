// The data's one way: page, batch, journal, sinks, commit. The only place where anything is committed.

/// One source, one normaliser, one state, any number of sinks.
///
/// The commit rule: a batch is on local disk, synced, before a sink sees it; a cursor moves only in the commit that
/// follows the window's last page; a journal entry goes only when every sink has taken charge of it. Any failure leaves
/// the checkpoint where it was. A pipeline that has thrown from a state operation is thrown away and opened anew.
package struct Pipeline<Input: Source, Mapping: Normalising, State: StateStore> {
  package let source: Input
  package let mapping: Mapping
  package let sinks: [any Sink]
  package var state: State
  package let time: TimeSource
  /// Bytes of journal beyond which nothing more is fetched: a dead sink holds back only itself until then.
  package let journalCap: Int
  /// The first failure of each sink that is behind, by name; cleared when it catches up.
  package private(set) var sinkFailures: [String: Failure] = [:]
  /// Of the newest page: what bounds the next window beside the local clock.
  package private(set) var serverDate: Instant?

  /// Names of sinks that could not be opened yet.
  private var unopened: Set<String> = []
  private var batch = Batch()
  /// Nothing can have changed for a sink that failed a moment ago.
  private var hasJustDrained = false

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

  /// Opens every sink, fixes where new ones start, and delivers what an earlier run left in the journal. Call it first.
  ///
  /// A sink that was delivered to before and cannot be opened now holds back only itself, unless there is no other.
  /// - Parameter forgetting: gives up what a sink that is no longer configured has not taken yet.
  package mutating func open(forgetting: Bool = false) async throws(Failure) {
    var checkpoint = state.checkpoint
    try leaveRemovedSinks(&checkpoint, forgetting: forgetting)
    unopened = Set(sinks.map(\.name))
    sinkFailures = [:]
    try await openSinks(&checkpoint)
    try await deliverPending()
    hasJustDrained = true
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

  /// A sink that was taken out of the configuration must not hold the journal for ever, nor lose what waits for it.
  private func leaveRemovedSinks(_ checkpoint: inout Checkpoint, forgetting: Bool) throws(Failure) {
    let configured = Set(sinks.map(\.name))
    let newest = state.pending.last ?? checkpoint.sequence
    for (name, position) in checkpoint.sinks where !configured.contains(name) {
      guard forgetting || position.sequence >= newest else {
        throw Failure(
          "sink.removed", exit: .configuration,
          "Opening the sinks: \(name) is no longer configured, but the journal holds batches that it has not taken.",
          hint: "Configure it again until it has caught up, or give them up with --forget-sink.")
      }
      checkpoint.sinks[name] = nil
    }
  }

  /// Delivers pending journal entries, oldest first, to the sinks that lack them, and commits what they took. Right after
  /// opening, which does the same, it does nothing: a dead sink costs one round of waiting a pass.
  package mutating func drain() async throws(Failure) {
    guard !hasJustDrained else {
      hasJustDrained = false
      return
    }
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

  /// Reads a window to its last page and then moves the named cursor to the window's end.
  ///
  /// A window that the service cannot serve whole is halved; one whose next link died is read again, once.
  /// - Parameter window: what is read, to its last page.
  /// - Parameter cursor: nil moves none: a backfill keeps its own account.
  /// - Parameter age: how far behind the service's own clock the cursor stays, should the local clock run ahead of it.
  package mutating func read(_ window: Window, moving cursor: String?, age: Duration) async throws(Failure) -> Tally {
    do {
      return try await readOnce(window, moving: cursor, age: age)
    } catch {
      switch error.recovery {
      case .restartWindow:
        return try await readOnce(window, moving: cursor, age: age)
      case .smallerWindow:
        guard let halves = window.halves else { throw error }
        var tally = try await read(halves.older, moving: cursor, age: age)
        tally += try await read(halves.newer, moving: cursor, age: age)
        return tally
      case .never, .later:
        throw error
      }
    }
  }

  /// Moves cursors without reading: what a wider or later read has already covered.
  package mutating func move(_ cursors: [String: Instant]) throws(Failure) {
    var checkpoint = state.checkpoint
    for (name, instant) in cursors { checkpoint.advance(name, to: instant) }
    if checkpoint != state.checkpoint { try state.commit(checkpoint) }
  }

  /// Delivers events that belong to rows already read, under a mapping of their own. No cursor moves.
  package mutating func add(_ page: Page, by mapping: some Normalising) async throws(Failure) -> Tally {
    hasJustDrained = false
    var tally = Tally()
    try checkRoom()
    try await take(page, by: mapping, cursor: nil, into: &tally)
    return tally
  }

  package func close() async {
    for sink in sinks { await sink.close() }
  }

  private mutating func readOnce(
    _ window: Window, moving cursor: String?, age: Duration
  ) async throws(Failure) -> Tally {
    hasJustDrained = false
    var tally = Tally()
    var visited = VisitedLinks()
    let source = source
    var page = try await source.page(window, after: nil)
    let settled = page.serverDate.map { min(window.end, $0 - age) } ?? window.end
    while true {
      try checkRoom()
      serverDate = page.serverDate ?? serverDate
      if let next = page.next { try visited.remember(next, of: page, rows: tally.rows + page.rows.count) }
      let next = page.next
      async let following = next.asyncPage(of: window, from: source)
      // A window that begins in the service's future says nothing of the time between cursor and window.
      let isDone = next == nil && settled > window.start
      let taken = await takeAll(page, cursor: isDone ? cursor.map { ($0, settled) } : nil, into: &tally)
      let fetched = await following
      try taken.get()
      guard let fetched else { break }
      page = try fetched.get()
    }
    tally.windows += 1
    return tally
  }

  private mutating func takeAll(
    _ page: Page, cursor: (String, Instant)?, into tally: inout Tally
  ) async -> Result<Void, Failure> {
    do {
      try await take(page, by: mapping, cursor: cursor, into: &tally)
      return .success(())
    } catch {
      return .failure(error)
    }
  }

  /// S3 to S8 for one page.
  private mutating func take(
    _ page: Page, by mapping: some Normalising, cursor: (name: String, end: Instant)?, into tally: inout Tally
  ) async throws(Failure) {
    batch.clear()
    mapping.normalise(page, created: time.now(), into: &batch, ledger: &state.ledger)
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

  /// S5 to S8: every sink that is not behind gets the entry; one that fails keeps its old position and its entries.
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

  private func checkRoom() throws(Failure) {
    guard state.journalSize >= journalCap else { return }
    throw Failure(
      "journal.full", exit: .tryLater,
      "Waiting with fetching: the journal holds \(state.journalSize) bytes that a sink has not taken yet.",
      hint: sinkFailures.values.first.map { "First mend the sink: \($0.sentence)" }, recovery: .later(after: nil))
  }
}

extension Optional where Wrapped == PageCursor {
  /// The page behind this cursor, nil where there is none: what is fetched while the page before is being delivered.
  fileprivate func asyncPage(of window: Window, from source: some Source) async -> Result<Page, Failure>? {
    guard let cursor = self else { return nil }
    do {
      return .success(try await source.page(window, after: cursor))
    } catch {
      return .failure(error)
    }
  }
}
