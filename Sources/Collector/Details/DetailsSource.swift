// Sources of delivery events.

package import IntakeCore

/// One message to one recipient; sender and time narrow the query of the legacy service.
package struct DetailsKey: Sendable, Hashable {
  package var traceID: String
  package var recipient: String
  package var sender: String
  package var received: Instant?

  package init(traceID: String, recipient: String, sender: String = "", received: Instant? = nil) {
    self.traceID = traceID
    self.recipient = recipient
    self.sender = sender
    self.received = received
  }
}

/// What the delivery events of one message may need.
enum DetailsLimit {
  /// Decoded bytes of one answer.
  static let bytes = 4 << 20
  /// Pages that are read.
  static let pages = 20
}

/// A source that also has delivery events.
package protocol DetailedSearching: Searching {
  /// True if `details` needs to know sender and time.
  var detailsNeedRow: Bool { get }
  /// The steps of one message to one recipient, in the service's order; empty where it knows none.
  func details(_ key: DetailsKey) async throws(Failure) -> [DetailsStep]
}

extension DetailedSearching {
  /// The row behind a key, nil where there is none between two instants.
  package func row(_ key: DetailsKey, from start: Instant, to end: Instant) async throws(Failure) -> QueryRow? {
    let filter = QueryFilter([.traceID: [key.traceID], .recipient: [key.recipient]])
    return try await QuerySearch(source: self, filter: filter, start: start, end: end, most: 1).run().rows.first
  }
}
