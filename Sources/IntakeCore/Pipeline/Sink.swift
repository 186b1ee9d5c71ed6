// Where events go.

/// A place that takes charge of events.
///
/// Called by one pipeline, in journal order, one call at a time. A failure leaves the sink as after a crash: the caller
/// keeps the old position and delivers the same bytes again, after a restart of the process or before.
package protocol Sink: Sendable {
  /// The spec as configured, without secrets: the sink's name in the checkpoint, log and metrics.
  var name: String { get }

  /// Opens the sink before anything is fetched and says where a sink without a position starts. A failure here stops
  /// the pass before the first request.
  /// - Parameter position: what the checkpoint holds, nil for a sink that it does not know yet: such a one gets what is
  ///   journaled from now on, so the pipeline sets its sequence number.
  func open(at position: SinkPosition?) async throws(Failure) -> SinkPosition

  /// Delivers one journal entry's lines and returns only when the sink has taken charge of all of them.
  ///
  /// Idempotent from the same position: it may find its own earlier, half-finished attempt. The returned position has
  /// `entry.sequence`.
  func deliver(_ entry: JournalEntry, from position: SinkPosition) async throws(Failure) -> SinkPosition

  /// Lets go of descriptors and connections. Called once, also after a failure.
  func close() async
}
