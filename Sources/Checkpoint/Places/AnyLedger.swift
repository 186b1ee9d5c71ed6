// The ledger of either store, as one type.

package import IntakeCore

/// One of both: changed in its place, without a copy for each row.
package struct AnyLedger: Ledger, Sendable {
  private(set) var directory: RecallingLedger?
  private(set) var database: DatabaseLedger?

  init(_ directory: RecallingLedger) { self.directory = directory }

  init(_ database: DatabaseLedger) { self.database = database }

  init() {}

  /// Identities on disk, or those in memory for a database.
  package var count: Int { directory?.count ?? database?.count ?? 0 }

  package mutating func insert(_ identity: Identity, received: Instant) -> Bool {
    if directory != nil { return directory?.insert(identity, received: received) ?? true }
    return database?.insert(identity, received: received) ?? true
  }
}
