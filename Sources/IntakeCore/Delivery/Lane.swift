// The delivery to one sink: its entries in order, on a thread of its own, one commit behind each.

internal import Synchronization

/// Delivers journal entries to one sink, in order and from the sink's own position, while the other sinks do the same.
///
/// `run` is one task, for the length of `Pipeline.delivering`; everything else is called by the pipeline. After each entry
/// the lane waits until the pipeline has committed the sink's position: a crash repeats one batch at most. A lane that
/// failed ends: it is not tried again before the next pass.
final class Lane: Sendable {
  let sink: any Sink
  private let reader: any JournalReading
  private let pipeline: Signal
  private let work = Signal()
  private let state: Mutex<State>

  private struct State {
    /// Entries to deliver, oldest first; the first one stays until it is acknowledged.
    var queue: ArraySlice<UInt64>
    /// The entry that was just journaled, so that it is not read again.
    var newest: JournalEntry?
    var position: SinkPosition
    var committed: SinkPosition
    var failure: Failure?
    var journalFailure: Failure?
    var isSlow = false
    var isClosed = false
    var isDelivering = false
  }

  /// What the pipeline sees of a lane.
  struct Standing: Sendable {
    var position: SinkPosition
    /// Of the sink.
    var failure: Failure?
    /// Of the journal: an entry that cannot be read back.
    var journalFailure: Failure?
    /// Nothing is left to deliver, or nothing more will be.
    var isIdle: Bool
    /// Idle, or waiting for a commit.
    var isAtRest: Bool
    var isSlow: Bool
    var isCaughtUp: Bool
  }

  /// - Parameters:
  ///   - pending: the entries that the sink lacks, oldest first.
  ///   - pipeline: rung whenever the standing has changed.
  init(_ sink: any Sink, at position: SinkPosition, pending: [UInt64], reader: any JournalReading, pipeline: Signal) {
    self.sink = sink
    self.reader = reader
    self.pipeline = pipeline
    state = Mutex(State(queue: pending[...], position: position, committed: position))
  }

  var standing: Standing {
    state.withLock { state in
      let hasEnded = state.failure != nil || state.journalFailure != nil || state.isClosed && !state.isDelivering
      let isIdle = hasEnded || state.queue.isEmpty && state.position == state.committed
      return Standing(
        position: state.position, failure: state.failure, journalFailure: state.journalFailure, isIdle: isIdle,
        isAtRest: isIdle || state.queue.isEmpty || state.position != state.committed, isSlow: state.isSlow,
        isCaughtUp: state.queue.isEmpty)
    }
  }

  /// Adds the entry that was just journaled.
  func offer(_ entry: JournalEntry) {
    state.withLock { state in
      guard state.failure == nil, state.queue.last.map({ $0 < entry.sequence }) ?? true else { return }
      state.newest = state.queue.isEmpty ? entry : nil
      state.queue.append(entry.sequence)
    }
    work.ring()
  }

  /// The checkpoint has this position now.
  func noteCommitted(_ position: SinkPosition?) {
    guard let position else { return }
    state.withLock { $0.committed = position }
    work.ring()
  }

  /// From now on the pipeline does not wait for this sink, until it has caught up.
  func markSlow() { state.withLock { $0.isSlow = true } }

  /// Begins no further entry.
  func close() {
    state.withLock { $0.isClosed = true }
    work.ring()
  }

  /// Delivers until closed or failed.
  func run() async {
    while let next = await next() {
      await deliver(next.sequence, next.entry, from: next.position)
      state.withLock { $0.isDelivering = false }
      pipeline.ring()
    }
  }

  private func next() async -> (sequence: UInt64, entry: JournalEntry?, position: SinkPosition)? {
    while true {
      let (isOver, next) = state.withLock { state in
        let isOver = state.isClosed || state.failure != nil || state.journalFailure != nil
        guard !isOver, state.position == state.committed, let sequence = state.queue.first else {
          return (isOver, nil as (UInt64, JournalEntry?, SinkPosition)?)
        }
        let entry = state.newest.flatMap { $0.sequence == sequence ? $0 : nil }
        state.isDelivering = true
        return (false, (sequence, entry, state.position))
      }
      if isOver { return nil }
      if let next { return next }
      await work.wait()
    }
  }

  private func deliver(_ sequence: UInt64, _ known: JournalEntry?, from position: SinkPosition) async {
    let entry: JournalEntry
    do {
      if let known { entry = known } else { entry = try reader.entry(sequence) }
    } catch {
      return state.withLock { $0.journalFailure = error }
    }
    do {
      let position = try await sink.deliver(entry, from: position)
      state.withLock { state in
        state.position = position
        state.queue.removeFirst()
        state.newest = nil
        if state.queue.isEmpty { state.isSlow = false }
      }
    } catch {
      state.withLock { ($0.failure, $0.newest) = (error, nil) }
    }
  }
}
