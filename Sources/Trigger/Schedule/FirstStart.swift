// Where the very first pass begins: fixed once, before its first request.

package import IntakeCore

extension Schedule {
  /// The cursors to begin a pass with: the first start is fixed, and new ages take over what is outstanding of removed ones.
  package func begin(_ checkpoint: Checkpoint, now: Instant, source: some Source) -> [String: Instant] {
    var cursors = adopt(checkpoint.cursors, now: now)
    // The first live read that ends gives every revisit its cursor; only one that has read moves them apart.
    let isAtStart = cursors.values.allSatisfy { $0 == cursors[Self.liveCursor] }
    let isUnread = isAtStart && (checkpoint.sequence == 0 || !revisits.isEmpty)
    // A first start in the future was fixed by a clock that was ahead, and nothing was read since.
    guard cursors[Self.liveCursor].map({ isUnread && $0 > now }) ?? true else { return cursors }
    if isAtStart { cursors = [:] }
    cursors[Self.liveCursor] = max(firstStart(now), now - source.retention + Self.retentionMargin)
    return cursors
  }

  /// The very first window must not be empty, or there would never be a cursor to go on from.
  func firstStart(_ now: Instant) -> Instant { now - max(since, lag + every) }
}
