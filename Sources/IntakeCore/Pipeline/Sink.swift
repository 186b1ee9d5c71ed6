// Where events go: the contract of every destination.

/// A destination that acknowledges events.
///
/// One pipeline calls it, one call at a time: `open` until it succeeds, then `deliver` for each journal entry in order, then
/// `close` once. Calls may block their thread on a disk or a peer: `open` and `close` run on the pipeline's
/// `ThreadExecutor`, `deliver` on one of the sink's own, never on the cooperative pool, so a sink makes no thread and
/// delays no other sink. A sink that waits for long looks at `Task.isCancelled` several times a second and throws
/// `Failure.stopped`.
///
/// Not promised: that `open` succeeds before `close`; that every entry comes once, because after a failure or a crash the
/// same entry comes again, perhaps in a new process; that entries come without holes, because a new sink starts at the
/// newest one.
package protocol Sink: Sendable {
  /// The spec as configured, without secrets: the sink's name in the checkpoint, log and metrics.
  var name: String { get }

  /// Bytes that the destination has taken so far, in any measure that only grows while it does; asked from another thread
  /// while `deliver` runs. A sink that is behind at the end of a pass and takes nothing for 30 s is given up for this pass.
  var bytesTaken: Int { get }
  /// How often the receiver ended its side before ours, since the sink was made: for the metrics.
  var earlyEnds: Int { get }

  /// For status and metrics; asked when no call is running. All zero for sinks that do not count.
  var figures: SinkFigures { get }

  /// Opens the sink, and returns where a sink without a position starts. Called before the first request of a pass: for a sink
  /// that the checkpoint does not have yet, a failure here ends the pass; for any other it delays only this sink, and
  /// `open` is called again by the next drain.
  /// - Parameter position: what the checkpoint holds; nil for a new sink. A new one gets what is journaled from now on: the
  ///   pipeline sets its sequence number.
  func open(at position: SinkPosition?) async throws(Failure) -> SinkPosition

  /// Delivers one journal entry's lines, and returns only when the sink has acknowledged all of them: the journal forgets the
  /// entry then. The returned position has `entry.sequence`.
  ///
  /// Idempotent from the same position: it may find its own earlier, half-finished attempt. After a failure the position in
  /// the checkpoint stays as it was, and no further entry comes before this one has been delivered.
  func deliver(_ entry: JournalEntry, from position: SinkPosition) async throws(Failure) -> SinkPosition

  /// Closes descriptors and connections. Called once, also after a failure.
  func close() async
}

extension Sink {
  /// Only whole entries count.
  package var bytesTaken: Int { 0 }
  /// For sinks without a stream.
  package var earlyEnds: Int { 0 }
  package var figures: SinkFigures { SinkFigures() }
}
