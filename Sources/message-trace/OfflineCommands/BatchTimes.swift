// The read times of batches: all events of one have the same, so that each time stands for a batch.

internal import IntakeCore

/// Distinct times, up to a bound.
struct BatchTimes {
  private var times: [Instant] = []
  private var last: Instant?
  /// Sorted and without repeats up to here.
  private var settled = 0
  private var isOver = false
  /// 32 MiB of them: of pages of 5,000 rows, 20 billion events.
  private let most: Int

  init(most: Int = 1 << 22) { self.most = most }

  mutating func add(_ time: Instant) {
    guard time != last, !isOver else { return }
    last = time
    times.append(time)
    guard times.count >= most, times.count >= settled * 2 else { return }
    settle()
    isOver = times.count >= most
  }

  private mutating func settle() {
    times.sort()
    var kept = 0
    for index in times.indices where index == 0 || times[index] != times[kept - 1] {
      times[kept] = times[index]
      kept += 1
    }
    times.removeLast(times.count - kept)
    settled = kept
  }

  /// Lines of the report; ends with LF unless there is no time.
  var text: String {
    var own = self
    own.settle()
    return own.settledText
  }

  private var settledText: String {
    guard let first = times.first, let end = times.last else { return "" }
    guard !isOver else { return "batches             more than \(most)\n" }
    let text = "batches             \(times.count), read from \(Timestamp.text(first)) to \(Timestamp.text(end))\n"
    let pauses = zip(times, times.dropFirst()).map { (from: $0, span: $1 - $0) }
    guard let longest = pauses.max(by: { $0.span < $1.span }) else { return text }
    return text + "longest pause       \(longest.span.spoken), from \(Timestamp.text(longest.from))\n"
  }
}
