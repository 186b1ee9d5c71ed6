// Which sinks stand still.

/// Remembers when each lane last moved: an entry acknowledged or a byte taken.
struct StallWatch {
  private var seen: [String: (taken: Int, sequence: UInt64, since: ContinuousClock.Instant)] = [:]

  /// True if no lane has moved for `limit`; looks at all of them.
  mutating func areStill(_ lanes: [Lane], for limit: Duration) -> Bool {
    let now = ContinuousClock.now
    var areStill = true
    for lane in lanes {
      let (taken, sequence) = (lane.sink.bytesTaken, lane.standing.position.sequence)
      if let last = seen[lane.sink.name], last.taken == taken, last.sequence == sequence {
        areStill = areStill && now - last.since >= limit
      } else {
        seen[lane.sink.name] = (taken, sequence, now)
        areStill = false
      }
    }
    return areStill
  }
}
