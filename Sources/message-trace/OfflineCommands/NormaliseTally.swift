// What `normalise` reports at its end.

internal import IntakeCore

/// Counts of all files of one run: each row is either mapped, or could not be mapped, or a duplicate; the other counts are
/// of the mapped ones.
struct NormaliseTally: Sendable, Equatable {
  private(set) var rows = 0
  private(set) var mapped = 0
  private(set) var duplicates = 0
  private(set) var failed = 0
  private(set) var weak = 0
  private(set) var mended = 0
  private(set) var undated = 0

  mutating func add(_ batch: Batch) {
    rows += batch.rows
    mapped += batch.entries.count - batch.failed
    duplicates += batch.duplicates
    failed += batch.failed
    weak += batch.weak
    mended += batch.mended
    undated += batch.undated
  }

  /// True if something about the rows should be known.
  var isNotable: Bool { failed + weak + mended + undated > 0 }

  /// True if nothing can be done with the events: no row could be mapped, or no row has a time.
  var isUseless: Bool { rows > 0 && failed + undated >= rows }

  /// One line without its LF.
  var text: String {
    let counts = [
      (failed + duplicates > 0 ? mapped : 0, "mapped"), (duplicates, "duplicates"), (failed, "could not be mapped"),
      (weak, "without trace id or recipient"), (mended, "with invalid encoding"),
      (undated, "without a time that can be read"),
    ]
    let notes = counts.filter { $0.0 > 0 }.map { "\($0.0) \($0.1)" }
    return ([rows == 1 ? "1 row" : "\(rows) rows"] + notes).joined(separator: ", ")
  }
}
