// When what is read: the live window, and each revisit (Revisits.swift). Pure: cursors and time in, reads out.

package import IntakeCore

/// The schedule of one tenant.
package struct Schedule: Sendable, Equatable {
  package var every: Duration
  package var lag: Duration
  /// Ascending ages.
  package var revisits: [Duration]
  package var since: Duration
  /// Where the very first pass starts, if that is fixed and not `since` before now.
  package var start: Instant?

  package init(every: Duration, lag: Duration, revisits: [Duration], since: Duration) {
    self.every = every
    self.lag = lag
    self.revisits = revisits.sorted()
    self.since = since
  }

  /// One window to read, and the cursor that it moves.
  package struct Read: Sendable, Equatable {
    package var cursor: String
    package var window: Window
    /// How far behind the service's own clock the cursor must stay: the lag, or the revisit's age.
    package var age: Duration
  }

  /// A span that fell out of the service's retention before it could be read.
  package struct Gap: Sendable, Equatable {
    package var cursor: String
    package var window: Window

    package init(cursor: String, window: Window) {
      self.cursor = cursor
      self.window = window
    }
  }

  package static let liveCursor = "live"
  /// Windows are read in pieces of at most this, so that a crash while catching up repeats little; several make one
  /// window where each would be a request for a page or less.
  package static let longestRead: Duration = .seconds(6 * 3_600)
  /// 90 days without mail take 15 windows of this.
  private static let widestRead: Duration = .seconds(8 * 86_400)
  /// Kept away from the edge of retention, which the services judge by their own clocks.
  package static let retentionMargin: Duration = .seconds(900)

  /// The reads that are due, oldest first within each cursor: live first, then each revisit.
  package func due(_ cursors: [String: Instant], now: Instant, source: some Source) -> (reads: [Read], gaps: [Gap]) {
    var reads: [Read] = []
    var gaps: [Gap] = []
    let floor = now - source.retention + Self.retentionMargin
    for lane in lanes(cursors, now: now) {
      var window = lane.window
      if window.start < floor, !window.isEmpty {
        if cursors[lane.cursor] != nil {
          gaps.append(Gap(cursor: lane.cursor, window: Window(start: window.start, end: min(floor, window.end))))
        }
        window = Window(start: min(floor, window.end), end: window.end)
      }
      let longest = min(source.widestWindow, Self.longestRead)
      while !window.isEmpty {
        let end = min(window.end, window.start + longest)
        reads.append(Read(cursor: lane.cursor, window: Window(start: window.start, end: end), age: lane.age))
        window = Window(start: end, end: window.end)
      }
    }
    return (reads, gaps)
  }

  /// How long windows are while much is outstanding.
  static func windowLength(_ source: some Source) -> WindowLength {
    let first = min(source.widestWindow, longestRead)
    return WindowLength(first: first, limits: first...max(first, min(source.widestWindow, widestRead)))
  }

  /// Before this no read of this schedule looks again: what the ledger may forget.
  package func horizon(_ checkpoint: Checkpoint, now: Instant) -> Instant {
    let open = checkpoint.openSpans.map(\.window.start)
    let oldest = (Array(checkpoint.cursors.values) + open).min() ?? now
    return min(oldest, now - (revisits.last ?? .zero)) - .seconds(3_600)
  }

  private func lanes(_ cursors: [String: Instant], now: Instant) -> [Read] {
    let start = cursors[Self.liveCursor] ?? firstStart(now)
    let live = Read(cursor: Self.liveCursor, window: Window(start: start, end: now - lag), age: lag)
    return [live] + dueRevisits(cursors, now: now)
  }
}

extension Schedule {
  /// Every lane's cursor and age.
  package var ages: [(String, Duration)] {
    [(Self.liveCursor, lag)] + revisits.map { (Self.cursorName(revisit: $0), $0) }
  }
}
