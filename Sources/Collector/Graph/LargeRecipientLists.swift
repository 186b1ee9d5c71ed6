// Messages with so many recipients that a query by time may lack some. Microsoft asks for a query by id for messages with
// more than 1000 recipients (Get-MessageTraceV2); whether a query by time is complete for them is not documented.

internal import IntakeCore

/// Counts the rows of each message over the pages of a window, to find messages that must be queried by id.
struct LargeRecipientLists {
  /// Rows by trace id.
  typealias Counts = [[UInt8]: Int]

  /// From this many rows on, the list of recipients may be incomplete.
  static let limit = 1_000
  /// How many messages are counted on from one page to the next; the largest ones are kept.
  static let maxUnfinished = 5_000

  /// Messages that end on this page with `limit` rows or more, and their rows on all pages of the window.
  private(set) var large: [(id: String, rows: Int)] = []
  /// Messages that may continue on the next page; for its cursor.
  private(set) var unfinished: Counts = [:]

  /// Rows come newest first and all rows of a message were received at one instant, so that only messages of the page's
  /// last instant can go on.
  /// - Parameter before: rows on earlier pages, from the cursor.
  init(_ page: Page, after before: Counts) {
    guard page.next != nil || !before.isEmpty || page.rows.count >= Self.limit else { return }
    var counts = before
    for id in RowFields.strings("id", of: page) { counts[id ?? [], default: 0] += 1 }
    counts[[]] = nil
    if page.next != nil { unfinished = Self.ofLastInstant(page, counts, before) }
    let ended = counts.filter { $0.value >= Self.limit && unfinished[$0.key] == nil }
    large = ended.map { (String(decoding: $0.key, as: UTF8.self), $0.value) }
      .filter { ODataLiteral.isTraceID($0.id) }.sorted { $0.id < $1.id }
  }

  /// Messages of the last instant; also those of earlier pages if that instant fills the whole page.
  private static func ofLastInstant(
    _ page: Page, _ counts: Counts, _ before: Counts
  ) -> Counts {
    let span = unsafe page.bytes.span.bytes
    guard let last = page.rows.last else { return before }
    guard let instant = RowFields.string("receivedDateTime", of: last, in: span) else { return [:] }
    let tail = page.rows.reversed().prefix { row in
      RowFields.string("receivedDateTime", of: row, in: span).map { page.bytes[$0] == page.bytes[instant] } ?? false
    }
    var begun = tail.count == page.rows.count ? before : [:]
    for row in tail {
      guard let id = RowFields.string("id", of: row, in: span).map({ Array(page.bytes[$0]) }) else { continue }
      begun[id] = counts[id]
    }
    guard begun.count > maxUnfinished else { return begun }
    return Dictionary(uniqueKeysWithValues: begun.sorted { $0.value > $1.value }.prefix(maxUnfinished).map { $0 })
  }

  /// Appends the rows of `answer` whose recipient `page` lacks for this id, and returns how many rows the answer has.
  /// Rows of earlier pages are repeated; the ledger removes them.
  static func append(_ answer: Page, id: String, to page: inout Page) -> Int {
    let key = Array(id.utf8)
    let known = zip(RowFields.strings("id", of: page), RowFields.strings("recipientAddress", of: page))
    var recipients = Set(known.compactMap { $0.0 == key ? $0.1 : nil })
    var found = 0
    for (row, recipient) in zip(answer.rows, RowFields.strings("recipientAddress", of: answer)) {
      found += 1
      guard let recipient, recipients.insert(recipient).inserted else { continue }
      let begin = page.bytes.count
      page.bytes.append(contentsOf: answer.bytes[row])
      page.rows.append(begin..<page.bytes.count)
    }
    return found
  }
}
