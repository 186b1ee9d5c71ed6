// One file of the ledger, as the checkpoint lists it.

/// What the checkpoint says of a file of the ledger.
struct LedgerSegment: Sendable, Equatable {
  enum Kind: Sendable, Equatable {
    /// Appended to: blocks in the order of journal entries.
    case log
    /// Sorted by time and never changed: first the blocks of rows outside of their windows, up to this offset, then the
    /// others, and from the second offset on their index.
    case sorted(outside: Int, index: Int)
    /// As the program wrote them before there were sorted ones.
    case first
  }

  var number: UInt64
  /// Committed bytes; bytes after them were never committed.
  var length: Int
  var kind: Kind
  /// Identities in it; one that was delivered twice counts twice.
  var count = 0
  /// Earliest and latest time in it, in seconds since 1970.
  var oldest = Int64.max
  var newest = Int64.min
  /// How precise the times are, in seconds: that of ``Age`` for what the first format held.
  var precision: Int64 = 1

  var name: String { "\(number).idx" }

  /// The times of the first format do not say in which window a row was read.
  var isCoarse: Bool { precision >= Age.precision }

  /// Counts an identity with its time.
  mutating func note(_ seconds: Int64) {
    count += 1
    oldest = min(oldest, seconds)
    newest = max(newest, seconds)
  }

  /// True if it may hold a time of the span.
  func mayHold(_ span: Range<Int64>) -> Bool {
    oldest < span.upperBound && newest.addingReportingOverflow(precision).partialValue >= span.lowerBound
      && oldest <= newest
  }
}
