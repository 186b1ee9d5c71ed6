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
  package internal(set) var sinkFailures: [String: Failure] = [:]
  /// Of the newest page: bounds the next window, as the local clock does.
  package var serverDate: Instant?
  /// The newest received time of a new row, no later than the local clock: stands for the service's clock where the
  /// service sends no date.
  package private(set) var newestRow: Instant?
  /// Spans left open since the pipeline was made, and why.
  package var unread: [(window: Window, failure: Failure)] = []
  var isolation = Isolation()
  /// The window being read: the ledger keeps a row for as long as its window is read again, whatever time the row claims.
  var window = Window(start: Instant(ticks: 0), end: Instant(ticks: 0))
  /// What the ledger was last asked to know.
  private var recalled: Range<Instant>?

  /// How long reading and the end of a pass wait for sinks.
  package let limits: DeliveryLimits
  /// Sinks that `open` has seen for the first time in a state that has delivered before: what came before is not theirs.
  package private(set) var addedSinks: [String] = []

  /// One for each sink that is delivered to, within `delivering`.
  var lanes: [Lane] = []
  var isDelivering = false
  /// Rung by lanes and by what fetches.
  let signal = Signal()
  /// Set by a failed write of the state: what is on disk is only known after opening anew.
  package private(set) var hasLostState = false

  /// Names of sinks that are not open yet.
  private var unopened: Set<String>
  private var batch = Batch()
  /// Bytes beyond which a page is held alone; usual pages of 5,000 rows have 2 to 5 MB.
  static var largePage: Int { 8 << 20 }
  /// How far beyond a window the ledger looks for its rows.
  package static var recallMargin: Duration { .seconds(60) }
  /// How far beyond a window its rows may lie: the sources widen it to what the services can say.
  static var usualRounding: Duration { .seconds(10) }

  package init(
    source: Input, mapping: Mapping, sinks: [any Sink], state: State, time: TimeSource,
    journalCap: Int = 1 << 30, limits: DeliveryLimits? = nil
  ) {
    self.source = source
    self.mapping = mapping
    self.sinks = sinks
    self.state = state
    self.time = time
    self.journalCap = journalCap
    self.limits = limits ?? (sinks.count > 1 ? .sideBySide : .alone)
    unopened = Set(sinks.map(\.name))
  }

  /// Begins a pass: opens each sink that is not open yet, fixes where new ones start, and gives those that failed in an
  /// earlier pass another chance.
  ///
  /// A sink that was delivered to before and cannot be opened now delays only itself, unless it is the only one: it costs
  /// one round of waiting a pass.
  /// - Parameter forgetting: gives up what a sink that is no longer configured has not acknowledged.
  package mutating func open(forgetting: Bool = false) async throws(Failure) {
    var checkpoint = state.checkpoint
    try forgetRemovedSinks(&checkpoint, forgetting: forgetting)
    (sinkFailures, addedSinks) = ([:], [])
    try await openSinks(&checkpoint)
    try commit(checkpoint)
  }

  private mutating func openSinks(_ checkpoint: inout Checkpoint) async throws(Failure) {
    for sink in sinks where unopened.contains(sink.name) {
      let known = checkpoint.sinks[sink.name]
      do {
        var position = try await sink.open(at: known)
        if known == nil {
          position.sequence = checkpoint.sequence
          if checkpoint.sequence > 0 { addedSinks.append(sink.name) }
        }
        checkpoint.sinks[sink.name] = position
        unopened.remove(sink.name)
      } catch {
        guard known != nil, sinks.count > 1 else { throw error }
        sinkFailures[sink.name] = error
      }
    }
    if unopened.count == sinks.count, let failure = sinkFailures.values.first { throw failure }
  }

  /// Events that are collected without a sink are never delivered to it: removing one needs the operator's consent.
  private func forgetRemovedSinks(_ checkpoint: inout Checkpoint, forgetting: Bool) throws(Failure) {
    let removed = checkpoint.removedSinks(configured: sinks.map(\.name))
    guard forgetting || removed.isEmpty else {
      throw .removed(removed, waiting: state.pending.last ?? checkpoint.sequence, checkpoint)
    }
    for name in removed { checkpoint.sinks[name] = nil }
  }

  /// Delivers pending journal entries, oldest first, to the sinks that lack them, and commits what they acknowledged.
  ///
  /// Called after `open`, before anything is read.
  package mutating func drain() async throws(Failure) {
    try await delivering { (pipeline) async throws(Failure) in try await pipeline.deliverPending() }
  }

  /// Moves cursors without reading: what a wider or later read has already covered.
  package mutating func move(_ cursors: [String: Instant]) throws(Failure) {
    var checkpoint = state.checkpoint
    for (name, instant) in cursors { checkpoint.advance(name, to: instant) }
    try commit(checkpoint)
  }

  /// Sets the cursors, which may also move back or go: for the schedule, before it reads.
  package mutating func set(_ cursors: [String: Instant]) throws(Failure) {
    var checkpoint = state.checkpoint
    checkpoint.cursors = cursors
    try commit(checkpoint)
  }

  /// Forgets identities that neither live collection nor a revisit can see again: see `StateStore.prune`.
  package mutating func prune(before horizon: Instant) throws(Failure) {
    do { try state.prune(before: horizon) } catch { throw lost(error) }
  }

  /// The steps record to remove. Nothing is committed where nothing has moved.
  mutating func commit(_ next: Checkpoint) throws(Failure) {
    guard next != state.checkpoint else { return }
    do { try state.commit(next) } catch { throw lost(error) }
  }

  /// Notes that a write has failed: nothing is committed any more, only the failure that came first is reported.
  private mutating func lost(_ failure: Failure) -> Failure {
    hasLostState = true
    return failure
  }

  package func close() async {
    for sink in sinks { await sink.close() }
  }

  /// Takes one page through every step from map to remove, in as many batches as it needs; the cursor moves with the last.
  mutating func take(
    _ page: Page, by mapping: some Normalising, cursor: (name: String, end: Instant)?, into tally: inout Tally
  ) async throws(Failure) {
    tally.pages += 1
    batch.rest = nil
    try recall(window, for: page)
    repeat {
      batch.clear()
      let now = time.now()
      mapping.normalise(page, created: now, into: &batch, ledger: &state.ledger)
      let known = max(newestRow, batch.newestRow(before: now))
      noteAges(now)
      if batch.hasUndated { newestRow = known }
      try await deliverBatch(cursor: batch.rest == nil ? cursor : nil, into: &tally)
    } while batch.rest != nil
  }

  private mutating func deliverBatch(
    cursor: (name: String, end: Instant)?, into tally: inout Tally
  ) async throws(Failure) {
    tally.rows += batch.rows
    tally.emitted += batch.entries.count
    tally.duplicates += batch.duplicates
    tally.failed += batch.failed
    var next = state.checkpoint
    if let cursor { next.advance(cursor.name, to: cursor.end) }
    guard !batch.entries.isEmpty else { return try commit(next) }
    let entry: JournalEntry
    do { entry = try state.journal(batch, cursors: next.cursors) } catch { throw lost(error) }
    try await deliverAndCommit(entry)
  }

  /// Called before rows are mapped: a window without rows costs the ledger nothing.
  private mutating func recall(_ window: Window, for page: Page) throws(Failure) {
    let margin = window.isEmpty ? .zero : Self.recallMargin
    let span = (window.start - margin)..<(window.end + margin)
    guard !page.rows.isEmpty, recalled != span else { return }
    try state.recall(span)
    recalled = span
  }

  private mutating func noteAges(_ now: Instant) {
    let usual = (window.start - Self.usualRounding)...(window.end + Self.usualRounding)
    for index in batch.entries.indices {
      let received = batch.entries[index].received
      if received <= now { newestRow = max(newestRow ?? received, received) }
      if window.isEmpty || !usual.contains(received) { batch.entries[index].isOutsideWindow = true }
      batch.entries[index].received = max(received, keptFrom(batch.entries[index], now))
    }
  }

  /// The earliest time that the ledger may take for an entry's: it keeps the entry as long as its window is read again,
  /// and by revisits of any part of it.
  private func keptFrom(_ entry: Batch.Entry, _ now: Instant) -> Instant {
    if window.isEmpty { return now }
    return entry.isOutsideWindow ? window.end : window.start
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

extension Batch {
  /// Rows without a time have that of their reading, which shows nothing of the service's clock.
  fileprivate var hasUndated: Bool { undated + failed > 0 }

  /// The newest received time before an instant.
  fileprivate func newestRow(before now: Instant) -> Instant? {
    hasUndated ? entries.lazy.map(\.received).filter { $0 < now }.max() : nil
  }
}

/// The later one, if any.
private func max(_ left: Instant?, _ right: Instant?) -> Instant? {
  guard let left, let right else { return left ?? right }
  return left < right ? right : left
}

extension Checkpoint {
  /// Sinks that were delivered to and are no longer configured, sorted.
  package func removedSinks(configured: [String]) -> [String] {
    sinks.keys.filter { !configured.contains($0) }.sorted()
  }
}

extension Failure {
  fileprivate static func removed(_ names: [String], waiting newest: UInt64, _ checkpoint: Checkpoint) -> Failure {
    let isBehind = names.contains { (checkpoint.sinks[$0]?.sequence ?? newest) < newest }
    let list = names.joined(separator: ", ")
    return Failure(
      "sink.removed", exit: .configuration,
      "Opening the sinks: this state has delivered to \(list), which is no longer configured"
        + (isBehind ? ", and the journal holds batches that it has not acknowledged." : "."),
      hint: "Configure it again; or, if another playbook names it, give each playbook its own `state`; or give the sink"
        + " up with --forget-sink: it then gets nothing of what is collected without it"
        + (isBehind ? " nor of what waits for it." : "."))
  }
}
