// Where events go.

/// How far a sink has got, as the checkpoint keeps it.
package struct SinkPosition: Sendable, Equatable {
  /// Sequence number of the last journal entry that the sink has taken charge of.
  package var sequence: UInt64
  /// Which file and how far in it, for sinks that write to one.
  package var file: FilePosition?

  package init(sequence: UInt64, file: FilePosition? = nil) {
    self.sequence = sequence
    self.file = file
  }
}

/// A place in a particular file: the device and inode tell whether a name still means the same file.
package struct FilePosition: Sendable, Equatable {
  package var device: UInt64
  package var inode: UInt64
  package var offset: Int64
  /// Of the last bytes before `offset`, the first half of their hash: a file that was truncated and has grown past the
  /// offset again is told by it. 0 where it was not taken.
  package var tail: UInt64

  package init(device: UInt64, inode: UInt64, offset: Int64, tail: UInt64 = 0) {
    self.device = device
    self.inode = inode
    self.offset = offset
    self.tail = tail
  }
}

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

/// One batch on local disk, synced before any sink sees it.
package struct JournalEntry: Sendable {
  /// 1, 2, 3 … without holes.
  package var sequence: UInt64
  /// NDJSON, ends with LF.
  package var bytes: [UInt8]
  /// One for each line of `bytes`, in order; `end` is the offset after its LF.
  package var entries: [Batch.Entry]
  /// The cursors as they are once this entry is committed.
  package var cursors: [String: Instant]

  package init(sequence: UInt64, bytes: [UInt8], entries: [Batch.Entry], cursors: [String: Instant]) {
    self.sequence = sequence
    self.bytes = bytes
    self.entries = entries
    self.cursors = cursors
  }
}
