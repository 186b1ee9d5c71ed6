// The numbers of requests and throttling responses, for the summary line and the metrics.

internal import Synchronization

/// Requests and answers of one source so far, retries and sign-in included.
package final class RequestCounter: Sendable {
  private let numbers = Mutex((requests: 0, throttles: 0, answers: 0, sentBytes: 0))

  package init() {}

  package var requests: Int { numbers.withLock { $0.requests } }

  /// Throttling responses.
  package var throttles: Int { numbers.withLock { $0.throttles } }

  /// Whole answers.
  package var answers: Int { numbers.withLock { $0.answers } }

  /// Bytes of bodies that the system has taken for sending.
  package var sentBytes: Int { numbers.withLock { $0.sentBytes } }

  func countSent(_ bytes: Int) { numbers.withLock { $0.sentBytes += bytes } }

  package func countRequest() { numbers.withLock { $0.requests += 1 } }

  package func countAnswer(_ response: Response) {
    numbers.withLock { numbers in
      numbers.answers += 1
      if response.isThrottling { numbers.throttles += 1 }
    }
  }
}
