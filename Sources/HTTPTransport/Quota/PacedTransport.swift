// Waiting for the quota, and for the pauses that the service has asked for, before each request.

package import IntakeCore

/// Sends a request as soon as the quota allows it.
package struct PacedTransport: Transport {
  let base: any Transport
  let quota: Quota
  let time: TimeSource
  let log: Log

  package init(base: any Transport, quota: Quota, time: TimeSource, log: Log) {
    self.base = base
    self.quota = quota
    self.time = time
    self.log = log
  }

  package func send(_ request: Request) async throws(Failure) -> Response {
    while let pause = try await quota.take(time.now()) {
      guard pause <= RetryingTransport.maxWait else { throw .paused(request, pause) }
      let others = await quota.others
      log(
        .info, "source.quota", "\(request.purpose): quota used up; waiting.",
        [("wait", pause.exactly)] + (others > 0 ? [("requests_of_other_states", "\(others)")] : []))
      do { try await time.sleep(pause) } catch { throw .waitEnded }
    }
    let response = try await base.send(request)
    let now = time.now()
    if response.isThrottling, let pause = RetryAfter.read(response, now: now) {
      try await quota.pause(for: pause, now)
    }
    return response
  }
}

extension Failure {
  fileprivate static func paused(_ request: Request, _ pause: Duration) -> Failure {
    Failure(
      .throttled, exit: .tryLater,
      "\(request.purpose): the service has asked for a pause, which lasts another \(pause.exactly).",
      hint: "Wait: nothing is sent before.", recovery: .later(after: pause))
  }
}
