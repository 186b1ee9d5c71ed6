// The part of the quota that delivery events may use when they are fetched in the background.

internal import HTTPTransport
package import IntakeCore

/// Counts requests for delivery events apart, on disk, beside the count of all requests.
package struct DetailsShare: Sendable {
  private let quota: Quota

  /// - Parameter requests: in any 300 seconds.
  package init(file: String, requests: Int) { quota = Quota(file: file, limit: requests) }

  /// True: one request is counted and may go. False: the share is used up for now.
  package func take(_ now: Instant) async throws(Failure) -> Bool { try await quota.take(now) == nil }
}
