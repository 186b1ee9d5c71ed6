// The events of one page on their way to the sinks.

/// The events of one page, ready for the sinks: one reused NDJSON buffer and an entry for each line in it.
package struct Batch: Sendable {
  package var bytes: [UInt8] = []
  package var entries: [Entry] = []
  /// Rows read, rows that the ledger had already, rows that left as `pipeline_error`.
  package var rows = 0
  package var duplicates = 0
  package var failed = 0

  package init() {}

  /// Empties the batch and keeps its memory.
  package mutating func clear() {
    bytes.removeAll(keepingCapacity: true)
    entries.removeAll(keepingCapacity: true)
    rows = 0
    duplicates = 0
    failed = 0
  }
}

extension Batch {
  /// What later stages need of one event, so that none of them searches its text. Set once, by the mapping.
  package struct Entry: Sendable, Equatable {
    package var identity: Identity
    /// The row's received time, or the start of its window if that is later: for the pruning of the ledger.
    package var received: Instant
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

    /// - Parameter status: where the value of `event.action` stands, without its quotes and counted from the beginning of
    ///   the line; empty where there is none.
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

    /// - Parameter value: quoted, as it stands in the event.
    package init(_ value: RawSpan, at start: Int) {
      self = value.matches(start, "\"failure\"") ? .failure : value.matches(start, "\"success\"") ? .success : .unknown
    }
  }
}
