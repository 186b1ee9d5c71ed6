// What moves together when a batch is committed.

/// What moves together, in one rename.
package struct Checkpoint: Sendable, Equatable {
  /// The last journal entry whose identities and cursors are applied.
  package var sequence: UInt64
  /// By lag or revisit (`live`, `revisit 1h`): everything before this instant has been read at that age.
  package var cursors: [String: Instant]
  /// By sink name.
  package var sinks: [String: SinkPosition]
  /// Spans behind a cursor that could not be read, oldest first; no two of them touch.
  package var openSpans: [OpenSpan] = []

  package init(sequence: UInt64 = 0, cursors: [String: Instant] = [:], sinks: [String: SinkPosition] = [:]) {
    self.sequence = sequence
    self.cursors = cursors
    self.sinks = sinks
  }
}

extension Checkpoint {
  /// Cursors never move back, whatever the clock does.
  mutating func advance(_ name: String, to instant: Instant) {
    cursors[name] = max(cursors[name] ?? instant, instant)
  }
}
