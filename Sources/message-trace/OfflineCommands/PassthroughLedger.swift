internal import IntakeCore

/// A ledger that accepts every row: what is mapped without state is mapped as it is.
struct PassthroughLedger: Ledger {
  mutating func insert(_ identity: Identity, received: Instant) -> Bool { true }
}
