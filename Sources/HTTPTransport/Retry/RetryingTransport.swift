// The retry rule: which failures are tried again, how often, after how long.

package import IntakeCore

/// Sends a request up to `tries` times, as long as the failure says that it may succeed later.
package struct RetryingTransport: Transport {
  let base: any Transport
  let time: TimeSource
  package let log: Log
  /// 1 for a health check, which reports the first failure.
  package var tries = 5
  /// Codes that are tried twice at most: repeating a slow query does not make it faster.
  var slowCodes: Set<Failure.Code>
  /// 0 to 1; constant in tests.
  var random: @Sendable () -> Double

  /// A longer wait is left to the caller: the failure is thrown with it.
  static let maxWait = Duration.seconds(600)
  /// Waits in seconds if a throttling response has no Retry-After.
  private static let throttledWaits = [60.0, 180, 300]

  package init(
    base: any Transport, time: TimeSource, log: Log, slowCodes: Set<Failure.Code> = [],
    random: @escaping @Sendable () -> Double = { Double.random(in: 0..<1) }
  ) {
    self.base = base
    self.time = time
    self.log = log
    self.slowCodes = slowCodes
    self.random = random
  }

  /// Retries requests without a complete response; any complete response is returned, whatever its status.
  package func send(_ request: Request) async throws(Failure) -> Response {
    try await send(request) { (response) throws(Failure) in response }
  }

  /// - Parameter read: turns the response into a result, or throws the failure that it stands for.
  package func send<Answer>(
    _ request: Request, reading read: (Response) throws(Failure) -> Answer
  ) async throws(Failure) -> Answer {
    var tried = 0
    while true {
      do {
        return try read(try await base.send(request))
      } catch {
        tried += 1
        let pause = try self.pause(after: error, tried: tried)
        // A pass logs one line at info; a long wait is worth another.
        log(
          pause < .seconds(30) ? .debug : .info, "source.retry", "\(request.purpose): retrying.",
          [("after", pause.exactly), ("reason", error.code.rawValue), ("try", "\(tried + 1)")])
        do { try await time.sleep(pause) } catch { throw .waitEnded }
      }
    }
  }

  /// How long before the next try; throws the failure itself if there is none.
  private func pause(after failure: Failure, tried: Int) throws(Failure) -> Duration {
    guard case .later(let retryAfter) = failure.recovery else { throw failure }
    let pause = wait(failure, retryAfter: retryAfter, tried: tried)
    let allowed = slowCodes.contains(failure.code) ? min(tries, 2) : tries
    guard tried < allowed, pause <= Self.maxWait else { throw failure }
    return pause
  }

  /// The wait before try number `tried + 1`: Retry-After and up to a tenth more, else by code.
  func wait(_ failure: Failure, retryAfter: Duration?, tried: Int) -> Duration {
    if let retryAfter { return max(.seconds(1), min(retryAfter, RetryAfter.longest)) * (1 + random() / 10) }
    if failure.code == .throttled {
      let seconds = Self.throttledWaits[min(max(tried, 1), Self.throttledWaits.count) - 1]
      return .seconds(seconds) * (1 + random() / 10)
    }
    let ceiling = Double(1 << min(max(tried, 1), 6))
    return .milliseconds(Int64(random() * ceiling * 1_000))
  }
}

extension Failure {
  /// The failure of a sleep that threw: the task was cancelled, or the time source accepts no wait of that length.
  static var waitEnded: Failure { Task.isCancelled ? .stopped : .waitTooLong }

  private static let waitTooLong = Failure(
    .waitTooLong, exit: .tryLater, "Waiting for the service: the wait is longer than the caller accepts.")
}
