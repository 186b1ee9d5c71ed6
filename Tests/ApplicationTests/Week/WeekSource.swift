// A tenant's mail as a service would show it over a week: a row on every step, every third one hours late.

internal import IntakeCore
internal import Synchronization

final class WeekSource: Source {
  let provider = "graph"
  let widestWindow: Duration = .seconds(10 * 86_400)
  let retention: Duration = .seconds(90 * 86_400)

  private let start: Instant
  private let time: TimeSource
  private let isRevoked: Bool
  private let step: Duration
  private let hasDate: Bool
  private let row: @Sendable (Int64, Instant) -> String
  private let state = Mutex<(recent: [Instant], busiest: Int, requests: Int)>(([], 0, 0))

  /// - Parameters:
  ///   - start: when the first row is received.
  ///   - time: what can be seen by now.
  ///   - isRevoked: its secret is no longer good.
  ///   - step: between two rows.
  ///   - hasDate: its pages carry the service's time.
  ///   - row: the bytes of a row, by number and time of receipt.
  init(
    start: Instant, time: TimeSource, isRevoked: Bool, step: Duration = .seconds(300), hasDate: Bool = true,
    row: @escaping @Sendable (Int64, Instant) -> String = WeekSource.graphRow
  ) {
    self.start = start
    self.time = time
    self.isRevoked = isRevoked
    self.step = step
    self.hasDate = hasDate
    self.row = row
  }

  var requests: Int { state.withLock { $0.requests } }

  /// Most requests in any five minutes.
  var busiest: Int { state.withLock { $0.busiest } }

  /// How long after it was received row number `index` can be seen: up to 20 hours.
  static func delay(_ index: Int64) -> Duration { .seconds(index % 3 == 0 ? index * 7_919 % 72_000 : index % 50) }

  static func traceID(_ index: Int64) -> String {
    let digits = String(index)
    return "00000000-0000-4000-8000-" + String(repeating: "0", count: max(0, 12 - digits.utf8.count)) + digits
  }

  /// Numbers of the rows that every schedule with revisits up to a day has seen by `end`.
  func due(by end: Instant) -> [Int64] {
    (0..<max(0, (end - start).ticks / step.ticks)).filter { index in
      received(index) + Self.delay(index) < end - .seconds(30 * 3_600)
    }
  }

  func page(_ window: Window, after cursor: PageCursor?) async throws(Failure) -> Page {
    let now = time.now()
    count(now)
    if isRevoked { throw Failure("signin.denied", exit: .denied, "Signing in: the secret was revoked.") }
    var page = Page(bytes: [], rows: [], serverDate: hasDate ? now : nil)
    let first = max(0, (window.start - start).ticks / step.ticks)
    let last = (window.end - start).ticks / step.ticks
    for index in stride(from: last, through: first, by: -1) {
      let received = received(index)
      guard received >= window.start, received <= window.end, received + Self.delay(index) <= now else { continue }
      let begin = page.bytes.count
      page.bytes += Array(row(index, received).utf8)
      page.rows.append(begin..<page.bytes.count)
    }
    return page
  }

  private func received(_ index: Int64) -> Instant { start + .ticks(step.ticks * index) }

  private func count(_ now: Instant) {
    state.withLock { state in
      state.requests += 1
      state.recent.removeAll { now - $0 >= .seconds(300) }
      state.recent.append(now)
      state.busiest = max(state.busiest, state.recent.count)
    }
  }

  /// As Graph gives it.
  static func graphRow(_ index: Int64, _ received: Instant) -> String {
    #"{"id":"\#(Self.traceID(index))","senderAddress":"sender\#(index % 40)@fabrikam.example","#
      + #""recipientAddress":"reader\#(index % 70)@contoso.com","messageId":"<\#(index)@fabrikam.example>","#
      + #""subject":"Message number \#(index)","status":"delivered","size":\#(4_096 + index % 900),"#
      + #""fromIP":"192.0.2.\#(index % 250)","toIP":null,"receivedDateTime":"\#(Timestamp.text(received))"}"#
  }
}
