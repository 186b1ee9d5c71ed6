// Trying again: which failures, how often, after how long. The only loop around requests.

package import IntakeCore

/// Sends a request and reads its answer, up to `tries` times, while the failure says that later may help.
package struct RetryingTransport: Sendable {
  package let base: any Transport
  package let time: TimeSource
  package let log: Log
  package var tries = 5
  /// In place of `tries` for the calls within: a trial run wants to know at once.
  @TaskLocal package static var patience: Int?
  /// Codes of failures that are tried twice at most: a slow query is not made faster by asking again.
  package var impatient: Set<Failure.Code> = []
  /// 0 to 1; a test puts a constant here.
  package var random: @Sendable () -> Double = { Double.random(in: 0..<1) }

  package init(
    base: any Transport, time: TimeSource, log: Log, impatient: Set<Failure.Code> = [],
    random: @escaping @Sendable () -> Double = { Double.random(in: 0..<1) }
  ) {
    self.base = base
    self.time = time
    self.log = log
    self.impatient = impatient
    self.random = random
  }

  /// A longer wait than this is the caller's business: the failure is thrown with it.
  package static let longestWait = Duration.seconds(600)
  /// Nothing a peer says makes anyone wait longer.
  package static let longestWish = Duration.seconds(3_600)
  /// Where the peer throttles without saying for how long.
  private static let throttledWaits = [60.0, 180, 300]

  /// - Parameter read: turns the whole answer into what is wanted, or into the failure that it tells of.
  package func send<Answer>(
    _ request: Request, reading read: (Response) throws(Failure) -> Answer
  ) async throws(Failure) -> Answer {
    var tried = 0
    let tries = Self.patience ?? self.tries
    while true {
      do {
        return try read(try await base.send(request))
      } catch {
        tried += 1
        guard case .later(let wish) = error.recovery, error.code != .stopped else { throw error }
        let pause = wait(error, wish: wish, tried: tried)
        guard tried < (impatient.contains(error.code) ? min(tries, 2) : tries), pause <= Self.longestWait else {
          throw error
        }
        // A pass has one line at info; a person who waits for long is told why.
        log(
          pause < .seconds(30) ? .debug : .info, "source.retry", "\(request.purpose): trying again.",
          [("after", pause.exactly), ("reason", error.code.rawValue), ("try", "\(tried + 1)")])
        try await sleep(pause)
      }
    }
  }

  /// How long before try number `tried + 1`: the peer's wish and up to a tenth more; else by code.
  package func wait(_ failure: Failure, wish: Duration?, tried: Int) -> Duration {
    if let wish { return max(.seconds(1), min(wish, Self.longestWish)) * (1 + random() / 10) }
    if failure.code == .throttled {
      let seconds = Self.throttledWaits[min(max(tried, 1), Self.throttledWaits.count) - 1]
      return .seconds(seconds) * (1 + random() / 10)
    }
    let ceiling = Double(1 << min(max(tried, 1), 6))
    return .milliseconds(Int64(random() * ceiling * 1_000))
  }

  private func sleep(_ duration: Duration) async throws(Failure) {
    do { try await time.sleep(duration) } catch { throw .stopped }
  }
}

/// `Retry-After`, in both spellings, made harmless. RFC 9110 section 10.2.3.
package enum RetryAfter {
  /// The larger of several; nil where none can be read. A date counts from the server's own clock.
  package static func read(_ response: Response, now: Instant) -> Duration? {
    response.headers(named: "retry-after").compactMap { parse($0, now: response.date ?? now) }.max()
  }

  private static func parse(_ text: String, now: Instant) -> Duration? {
    if !text.isEmpty, text.utf8.allSatisfy({ $0 &- 0x30 <= 9 }) {
      return min(.seconds(Int64(text) ?? Int64.max / 1_000_000), RetryingTransport.longestWish)
    }
    return HTTPDate.parse(text).map { min(max(.zero, $0 - now), RetryingTransport.longestWish) }
  }
}
