// Which hours of the ledger are in memory.

internal import IntakeCore

/// The hours whose identities the table holds, beside those of rows outside of their windows.
struct KnownHours {
  /// What has to be loaded.
  struct Span {
    /// Inclusive.
    var hours: ClosedRange<Int64>
    /// Rows outside of their windows are wanted from this hour on.
    var outsideSince: Int64
  }

  /// Rows outside of their windows are known from this hour on, and wanted from the other.
  private(set) var outsideSince: Int64
  private var outsideWanted: Int64
  private var hours: Set<Int64> = []

  /// Identities in memory after which the next recall starts with an empty table: 2 to 3 MB, for a process keeps the tables
  /// of all its tenants.
  static let most = 100_000
  /// Longer spans are loaded and not remembered.
  private static let longest = 50_000

  init(outsideSince: Int64) { (self.outsideSince, outsideWanted) = (outsideSince, outsideSince) }

  /// nil where all of it is known.
  func missing(_ received: Range<Instant>) -> Span? {
    let first = LedgerHour(received.lowerBound).number
    let last = max(first, LedgerHour(received.upperBound).number)
    let outside = received.isEmpty ? outsideWanted : min(first, outsideWanted)
    guard last - first < Self.longest else { return Span(hours: first...last, outsideSince: outside) }
    let wanted = received.isEmpty ? [] : (first...last).filter { !hours.contains($0) }
    guard let low = wanted.first, let high = wanted.last else {
      return outside < outsideSince ? Span(hours: first...first, outsideSince: outside) : nil
    }
    return Span(hours: low...high, outsideSince: outside)
  }

  mutating func add(_ span: Span) {
    if span.hours.upperBound - span.hours.lowerBound < Self.longest { hours.formUnion(span.hours) }
    outsideSince = min(outsideSince, span.outsideSince)
    outsideWanted = min(outsideWanted, span.outsideSince)
  }

  /// Empties a table that has grown too large; what was journaled here and not committed stays.
  mutating func makeRoom(in ledger: inout DatabaseLedger, keeping uncommitted: [UInt64: [Batch.Entry]]) {
    guard ledger.count > Self.most else { return }
    ledger = DatabaseLedger()
    hours = []
    outsideSince = .max
    for entry in uncommitted.values.joined() { ledger.insert(entry.identity) }
  }
}
