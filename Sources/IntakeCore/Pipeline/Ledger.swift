// The ledger: which events were delivered.

/// The identities of all delivered events within the horizon.
package protocol Ledger {
  /// Adds the identity; true if it is new. Identities that are not committed are gone after reopening.
  mutating func insert(_ identity: Identity, received: Instant) -> Bool
}
