// The ledger of a state in a database, in memory: the hours that were recalled, and rows outside of their windows.

package import IntakeCore

/// Identities in one table: whatever time a row claims, it is found among all that is known.
package struct DatabaseLedger: Ledger, Sendable {
  private var table = LedgerTable()

  init() {}

  /// Identities in memory.
  package var count: Int { table.count }

  package mutating func insert(_ identity: Identity, received: Instant) -> Bool { insert(identity) }

  /// True if it is new.
  @discardableResult
  mutating func insert(_ identity: Identity) -> Bool { insert(LedgerSlot(identity)) }

  @discardableResult
  mutating func insert(_ slot: LedgerSlot) -> Bool { table.insert(slot) }
}
