// The numbers of requests and throttling responses, for the summary line and the metrics.

internal import Synchronization

/// Requests and answers of one source so far, retries and sign-in included.
package final class RequestCounter: Sendable {
  private let numbers = Mutex((requests: 0, throttles: 0))

  package init() {}

  package var requests: Int { numbers.withLock { $0.requests } }

  /// Throttling responses: 429, 503 and Exchange's own 509.
  package var throttles: Int { numbers.withLock { $0.throttles } }

  package func add() { numbers.withLock { $0.requests += 1 } }

  package func note(_ response: Response) {
    guard [429, 503, 509].contains(response.status) else { return }
    numbers.withLock { $0.throttles += 1 }
  }
}
