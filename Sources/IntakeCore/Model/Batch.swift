// The small words of the design: window, page, batch, identity. Values only.

/// A half-open span `[start, end)` of received times. Both services take inclusive bounds: ask wider, the ledger decides.
package struct Window: Hashable, Sendable {
  package var start: Instant
  package var end: Instant

  package init(start: Instant, end: Instant) {
    self.start = start
    self.end = max(start, end)
  }

  package var span: Duration { end - start }
  package var isEmpty: Bool { start == end }

  /// The older and the newer half, cut at a whole second where the span allows it; nil below two seconds.
  package var halves: (older: Window, newer: Window)? {
    guard span >= .seconds(2) else { return nil }
    let half = span.ticks / 2
    let middle = Instant(ticks: start.ticks + half - half % Instant.perSecond)
    return (Window(start: start, end: middle), Window(start: middle, end: end))
  }
}

/// Where the next page of a window is: the service's own next link, byte for byte. It may hold addresses: never log it.
///
/// Two cursors are the same place if their links are the same.
package struct PageCursor: Hashable, Sendable {
  package var link: String
  /// How many rows the pages so far held, by message: of messages that may go on in the next page.
  package var begun: [[UInt8]: Int]

  package init(link: String, begun: [[UInt8]: Int] = [:]) {
    self.link = link
    self.begun = begun
  }

  package static func == (left: PageCursor, right: PageCursor) -> Bool { left.link == right.link }

  package func hash(into hasher: inout Hasher) { hasher.combine(link) }
}

/// One HTTP answer: its bytes as decoded, and where in them each row stands.
package struct Page: Sendable {
  package var bytes: [UInt8]
  package var rows: [Range<Int>]
  /// nil on the last page of the window.
  package var next: PageCursor?
  /// The server's `Date` header, where it was sent and could be read.
  package var serverDate: Instant?

  package init(bytes: [UInt8], rows: [Range<Int>], next: PageCursor? = nil, serverDate: Instant? = nil) {
    self.bytes = bytes
    self.rows = rows
    self.next = next
    self.serverDate = serverDate
  }
}

/// The first 128 bits of SHA-256 over `tenant LF trace-id LF recipient LF status`: what `event.id` spells in hex.
package struct Identity: Hashable, Sendable {
  package var high: UInt64
  package var low: UInt64

  package init(high: UInt64, low: UInt64) {
    self.high = high
    self.low = low
  }

  /// 32 lower-case hex digits.
  package var hex: String {
    func pad(_ word: UInt64) -> String {
      let digits = String(word, radix: 16)
      return String(repeating: "0", count: 16 - digits.count) + digits
    }
    return pad(high) + pad(low)
  }
}

/// The events of one page, made ready for the sinks: one reused NDJSON buffer and an entry for each line in it.
package struct Batch: Sendable {
  /// One event: its identity, the row's received time (for the ledger's pruning) and where its line ends, LF included.
  package struct Entry: Sendable, Equatable {
    package var identity: Identity
    package var received: Instant
    package var end: Int

    package init(identity: Identity, received: Instant, end: Int) {
      self.identity = identity
      self.received = received
      self.end = end
    }
  }

  package var bytes: [UInt8] = []
  package var entries: [Entry] = []
  /// Rows seen, rows left out because the ledger knew them, rows that left as `pipeline_error`.
  package var rows = 0
  package var leftOut = 0
  package var failed = 0

  package init() {}

  /// Empties the batch and keeps its memory.
  package mutating func clear() {
    bytes.removeAll(keepingCapacity: true)
    entries.removeAll(keepingCapacity: true)
    rows = 0
    leftOut = 0
    failed = 0
  }
}
