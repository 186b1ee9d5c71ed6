// The numbers of requests and throttling responses, for the summary line and the metrics.

internal import Synchronization

/// Requests and answers of one source so far, retries and sign-in included.
package final class RequestCounter: Sendable {
  private let numbers = Mutex((requests: 0, throttles: 0, answers: 0, sentBytes: 0))

  package init() {}

  package var requests: Int { numbers.withLock { $0.requests } }

  /// Throttling responses: 429, 503 and Exchange's own 509.
  package var throttles: Int { numbers.withLock { $0.throttles } }

  /// Whole answers.
  package var answers: Int { numbers.withLock { $0.answers } }

  /// Bytes of bodies that the system has taken for sending.
  package var sentBytes: Int { numbers.withLock { $0.sentBytes } }

  func addSent(_ bytes: Int) { numbers.withLock { $0.sentBytes += bytes } }

  package func add() { numbers.withLock { $0.requests += 1 } }

  package func note(_ response: Response) {
    let isThrottle = [429, 503, 509].contains(response.status)
    numbers.withLock { numbers in
      numbers.answers += 1
      if isThrottle { numbers.throttles += 1 }
    }
  }
}
