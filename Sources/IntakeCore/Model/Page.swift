// One answer of a service, and the place of the next one.

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
