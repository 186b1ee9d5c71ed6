// Waits that are meant, such as for the quota, are signs of life.

internal import IntakeCore
internal import Trigger

extension TimeSource {
  /// This clock, with a heartbeat at least once a minute while it waits.
  func beating(_ heartbeat: Heartbeat) -> TimeSource {
    let piece = Duration.seconds(60)
    return TimeSource(
      now: now,
      sleep: { duration async throws(CancellationError) in
        var left = duration
        while left > piece {
          try await sleep(piece)
          heartbeat.beat(now())
          left -= piece
        }
        try await sleep(left)
        heartbeat.beat(now())
      })
  }
}
