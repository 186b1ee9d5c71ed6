// What a sink has done so far, for status and metrics.

/// Numbers of one sink since it was made.
package struct SinkFigures: Sendable, Equatable {
  /// Events that the receiver has taken, repeats included.
  package var events = 0
  /// Bytes of bodies sent, as they went over the network.
  package var bytes = 0
  package var requests = 0
  /// Requests and parts of requests that were sent again.
  package var retries = 0
  /// Events that the receiver has refused for good.
  package var rejected = 0
  /// Spent on batches, from the call to the acknowledgement.
  package var seconds = 0.0
  /// Code of the last failure, whether it was overcome or not.
  package var lastError: String?

  package init() {}
}
