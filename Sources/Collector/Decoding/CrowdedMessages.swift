// Messages to so many recipients that the service may leave some out of a query by time. Microsoft asks for a query by id
// for messages to more than 1000 recipients (Get-MessageTraceV2); whether a query by time is then whole is not documented.

internal import IntakeCore

/// The rows of each message on one page, and which of them make its list of recipients doubtful.
struct CrowdedMessages {
  /// As many rows of one message as make its list of recipients doubtful.
  static let limit = 1_000
  /// Messages that are counted on from one page to the next; of more than these, the largest.
  static let mostBegun = 5_000

  /// Messages that end here with a thousand rows or more, and how many they had on all pages of the window.
  private(set) var crowded: [(id: String, rows: Int)] = []
  /// Messages that may go on in the next page; for its cursor.
  private(set) var begun: [[UInt8]: Int] = [:]

  /// Rows come newest first and all rows of a message were received at one instant, so that only messages of the page's
  /// last instant can go on.
  /// - Parameter before: rows of earlier pages, as their cursor told.
  init(_ page: Page, after before: [[UInt8]: Int]) {
    guard page.next != nil || !before.isEmpty || page.rows.count >= Self.limit else { return }
    var counts = before
    for id in RowFields.strings("id", of: page) { counts[id ?? [], default: 0] += 1 }
    counts[[]] = nil
    if page.next != nil { begun = Self.ofLastInstant(page, counts, before) }
    let ended = counts.filter { $0.value >= Self.limit && begun[$0.key] == nil }
    crowded = ended.map { (String(decoding: $0.key, as: UTF8.self), $0.value) }
      .filter { ODataLiteral.isTraceID($0.id) }.sorted { $0.id < $1.id }
  }

  /// Of messages of earlier pages, those whose instant may fill the page from end to end.
  private static func ofLastInstant(
    _ page: Page, _ counts: [[UInt8]: Int], _ before: [[UInt8]: Int]
  ) -> [[UInt8]: Int] {
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
    guard begun.count > mostBegun else { return begun }
    return Dictionary(uniqueKeysWithValues: begun.sorted { $0.value > $1.value }.prefix(mostBegun).map { $0 })
  }

  /// Rows of `answer` whose recipient `page` does not have for this id, appended to it; how many rows the message has in
  /// the answer. Rows of earlier pages come twice, which the ledger sees.
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
