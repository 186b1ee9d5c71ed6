// Where the very first pass begins: fixed once, before its first request.

package import IntakeCore

extension Schedule {
  /// The cursors to begin a pass with: the first start is fixed, and new ages take over what is outstanding of removed ones.
  package func begin(_ checkpoint: Checkpoint, now: Instant, source: some Source) -> [String: Instant] {
    var cursors = adopt(checkpoint.cursors, now: now)
    // A first start in the future was fixed by a clock that was ahead, and nothing was read since.
    guard cursors[Self.liveCursor].map({ isUnread(cursors, checkpoint.sequence) && $0 > now }) ?? true else {
      return cursors
    }
    if isAtStart(cursors) { cursors = [:] }
    cursors.merge(allCursors(at: firstStart(now, source))) { known, _ in known }
    cursors[Self.liveCursor] = firstStart(now, source)
    return cursors
  }

  /// Every revisit begins where the live window does, in the same commit: a first pass that breaks in its middle would
  /// otherwise leave what it has read without a revisit.
  private func allCursors(at start: Instant) -> [String: Instant] {
    var cursors = [Self.liveCursor: start]
    for age in revisits { cursors[Self.cursorName(revisit: age)] = start }
    return cursors
  }

  /// The cursors to begin with after the ledger was lost: as far back as a revisit may still see, and as something was
  /// left to read. Empty where a first run reaches as far.
  /// - Parameter known: the cursors of the lost state; empty where they are lost too.
  package func restart(_ known: [String: Instant], now: Instant) -> [String: Instant] {
    let horizon = now - (revisits.last ?? .zero)
    guard let oldest = known.values.min() else {
      return horizon < firstStart(now) ? allCursors(at: horizon) : [:]
    }
    return allCursors(at: min(horizon, oldest))
  }

  /// The cursors to begin again with, where the first window of all begins late by as much as the local clock is ahead of
  /// the service's: what came between would never be read. nil where there is nothing to mend.
  func beginAgain(
    _ checkpoint: Checkpoint, at window: Window, now: Instant, serverDate: Instant?, source: some Source
  ) -> [String: Instant]? {
    guard isUnread(checkpoint.cursors, checkpoint.sequence), let serverDate,
      checkpoint.cursors[Self.liveCursor] == window.start
    else { return nil }
    let ahead = now - serverDate
    let start = firstStart(serverDate, source)
    let late = window.start - start
    guard late > Self.usualSkew, late <= ahead + Self.usualSkew else { return nil }
    return allCursors(at: start)
  }

  /// Clocks that differ by less are not worth a word.
  private static let usualSkew: Duration = .seconds(300)

  /// The first live read that ends gives every revisit its cursor; only one that has read moves them apart.
  private func isAtStart(_ cursors: [String: Instant]) -> Bool {
    cursors.values.allSatisfy { $0 == cursors[Self.liveCursor] }
  }

  private func isUnread(_ cursors: [String: Instant], _ sequence: UInt64) -> Bool {
    isAtStart(cursors) && (sequence == 0 || !revisits.isEmpty)
  }

  /// Twice the margin from the edge of retention: a pass that comes a moment later has no gap to report.
  private func firstStart(_ now: Instant, _ source: some Source) -> Instant {
    max(firstStart(now), now - source.retention + Self.retentionMargin * 2)
  }

  /// The very first window must not be empty, or there would never be a cursor to go on from.
  func firstStart(_ now: Instant) -> Instant { min(start ?? now - since, now - (lag + every)) }

  /// Where the first pass starts if that is later than asked for, because the service keeps no more; else nil.
  func cutStart(_ cursors: [String: Instant], _ checkpoint: Checkpoint, now: Instant) -> Instant? {
    guard checkpoint.cursors[Self.liveCursor] == nil, let start = cursors[Self.liveCursor] else { return nil }
    return start > firstStart(now) ? start : nil
  }
}
