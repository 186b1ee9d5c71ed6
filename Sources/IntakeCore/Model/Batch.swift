// The events of a page, or of a part of it, on their way to the sinks.

/// The events of one page, ready for the sinks: one reused NDJSON buffer and an entry for each line in it. A page whose
/// events need more than ``most`` bytes or more than ``mostRows`` rows becomes several batches.
package struct Batch: Sendable {
  package var bytes: [UInt8] = []
  package var entries: [Entry] = []
  /// Rows read, rows that the ledger had already, rows that left as `pipeline_error`.
  package var rows = 0
  package var duplicates = 0
  package var failed = 0
  /// Of the rows that could be mapped: identity made of the row's content, text that was not valid UTF-8 or Unicode, no
  /// time that can be read.
  package var weak = 0
  package var mended = 0
  package var undated = 0
  /// Where in the page the next batch begins; nil where this one holds the page's last row.
  package var rest: RowPosition?

  /// Bytes of events after which a batch ends. A page of 5,000 usual rows needs 7 MB.
  package static let most = 16 << 20
  /// Rows after which a batch ends: ten times the largest page that the services give.
  package static let mostRows = 50_000

  package init() {}

  /// Empties the batch and keeps its memory; `rest` stays, for who fills it again.
  package mutating func clear() {
    bytes.removeAll(keepingCapacity: true)
    entries.removeAll(keepingCapacity: true)
    rows = 0
    duplicates = 0
    failed = 0
    weak = 0
    mended = 0
    undated = 0
  }
}

/// A place among the rows of a page.
package struct RowPosition: Sendable, Equatable {
  /// Index of the row in the page.
  package var row: Int
  /// Which of the events of that row, for rows that give several.
  package var element: Int

  package init(row: Int, element: Int = 0) {
    self.row = row
    self.element = element
  }
}

extension Batch {
  /// What later stages need of one event, so that none of them searches its text. Set once, by the mapping.
  package struct Entry: Sendable, Equatable {
    package var identity: Identity
    /// The row's received time, moved into its window where it lies outside: for the pruning of the ledger.
    package var received: Instant
    /// True if the row has no received time, or one outside of the window that was read: the ledger must find the
    /// identity whatever span it recalls. Set by the mapping for the first case and by the pipeline for the second.
    package var isOutsideWindow = false
    /// Where the event's line ends, LF included.
    package var end: Int
    private var statusStart: UInt32 = 0
    private var statusLength: UInt8 = 0
    package private(set) var outcome = Outcome.unknown

    /// A longer value of `event.action` is not noted.
    private static let longestStatus = 63

    package init(identity: Identity, received: Instant, end: Int) {
      self.identity = identity
      self.received = received
      self.end = end
    }

    /// - Parameters:
    ///   - status: where the value of `event.action` stands, without its quotes and counted from the beginning of the
    ///     line; empty where there is none.
    ///   - outcome: as in `event.outcome`.
    package mutating func setStatus(_ status: Range<Int>, _ outcome: Outcome) {
      let isNoted = status.count <= Self.longestStatus && status.upperBound <= Int(UInt32.max)
      statusStart = isNoted ? UInt32(truncatingIfNeeded: status.lowerBound) : 0
      statusLength = isNoted ? UInt8(truncatingIfNeeded: status.count) : 0
      self.outcome = outcome
    }

    /// Where the value of `event.action` stands, counted from the beginning of the line; empty where there is none.
    package var status: Range<Int> { Int(statusStart)..<(Int(statusStart) + Int(statusLength)) }
  }

  /// `event.outcome`.
  package enum Outcome: UInt8, Sendable {
    case unknown, success, failure

    /// - Parameters:
    ///   - value: bytes that hold the value, quoted, as it stands in the event.
    ///   - start: where in them its first quote stands.
    package init(_ value: RawSpan, at start: Int) {
      self = value.matches(start, "\"failure\"") ? .failure : value.matches(start, "\"success\"") ? .success : .unknown
    }
  }
}
