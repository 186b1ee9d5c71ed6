// What has been delivered.

/// The identities already delivered.
package protocol Ledger {
  /// True if the identity was not yet known; it is from then on. What is not committed is forgotten on reopening.
  mutating func insert(_ identity: Identity, received: Instant) -> Bool
}
