// The ledger: which events were delivered.

/// The identities of delivered events, as far as ``StateStore/recall(_:)`` has made them known.
package protocol Ledger {
  /// Adds the identity; true if it is new. Identities that are not committed are gone after reopening.
  /// - Parameters:
  ///   - identity: of the event.
  ///   - received: of the row; `Instant.latest` for one without a time that can be read.
  mutating func insert(_ identity: Identity, received: Instant) -> Bool
}
