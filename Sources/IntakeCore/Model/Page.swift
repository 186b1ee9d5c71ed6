// One answer of a service, and the place of the next one.

/// Where the next page of a window is: the service's own next link, byte for byte. It may hold addresses: never log it.
///
/// Two cursors are the same place if their links are the same.
package struct PageCursor: Hashable, Sendable {
  package var link: String
  /// What the source remembers from the pages before, in a type of its own; nothing else reads it.
  package var sourceState: (any Sendable)?

  package init(link: String, sourceState: (any Sendable)? = nil) {
    self.link = link
    self.sourceState = sourceState
  }

  package static func == (left: PageCursor, right: PageCursor) -> Bool { left.link == right.link }

  package func hash(into hasher: inout Hasher) { hasher.combine(link) }
}

/// One HTTP answer: its bytes as decoded, and where in them each row stands.
package struct Page: Sendable {
  package var bytes: [UInt8]
  package var rows: RowRanges
  /// Where values stand, by the rows' numbers; what it says is checked, so that rows may be added and bytes behind them.
  package var cells: RowCells
  /// nil on the last page of the window.
  package var next: PageCursor?
  /// The server's `Date` header, where it was sent and could be read. Without it a cursor follows the newest row seen,
  /// because nothing else shows that the local clock is right.
  package var serverDate: Instant?

  package init(
    bytes: [UInt8], rows: some Sequence<Range<Int>>, cells: RowCells = RowCells(), next: PageCursor? = nil,
    serverDate: Instant? = nil
  ) {
    self.bytes = bytes
    self.rows = rows as? RowRanges ?? RowRanges(rows)
    self.cells = cells
    self.next = next
    self.serverDate = serverDate
  }
}
