// The protocol between a service's client and the network: one request in, one response out.

package import IntakeCore

/// Sends requests. Wrappers conform too: `PacedTransport` waits for the quota, `RetryingTransport` retries.
package protocol Transport: Sendable {
  /// Sends one request and returns the whole response, whatever its status. Throws if the response is not complete.
  /// Cancelling the task ends it at once.
  func send(_ request: Request) async throws(Failure) -> Response
}
