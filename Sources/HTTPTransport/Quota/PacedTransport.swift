// Waiting for the quota before each request.

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
      log(.info, "source.quota", "\(request.purpose): quota used up; waiting.", [("wait", pause.exactly)])
      do { try await time.sleep(pause) } catch { throw .waitEnded }
    }
    return try await base.send(request)
  }
}
