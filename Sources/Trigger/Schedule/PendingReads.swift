// The reads of one pass, one window at a time: pieces that follow each other become one window.

internal import IntakeCore

/// Reads that are due, in order.
struct PendingReads {
  private var pieces: ArraySlice<Schedule.Read>

  /// - Parameter pieces: as `Schedule.due` gives them, each at most `Schedule.longestRead`.
  init(_ pieces: [Schedule.Read]) { self.pieces = pieces[...] }

  /// The next piece, with those of the same cursor behind it that fit into `length` together with it; nil at the end.
  mutating func next(_ length: Duration) -> Schedule.Read? {
    guard var read = pieces.popFirst() else { return nil }
    while let piece = pieces.first, piece.cursor == read.cursor, piece.window.start == read.window.end,
      piece.window.end - read.window.start <= length
    {
      read.window = Window(start: read.window.start, end: piece.window.end)
      pieces.removeFirst()
    }
    return read
  }
}
