// The part of the quota that delivery events may use when they are fetched in the background.

package import HTTPTransport
package import IntakeCore

/// Counts requests for delivery events apart, on disk, beside the count of all requests.
package struct DetailsShare: Sendable {
  private let quota: Quota

  package init(file: String, limit: QuotaLimit) { quota = Quota(file: file, limit: limit) }

  /// True: one request is counted and may be sent. False: the share is used up for now.
  package func take(_ now: Instant) async throws(Failure) -> Bool { try await quota.take(now) == nil }
}
