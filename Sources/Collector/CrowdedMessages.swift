// Messages to so many recipients that the service may leave some out of a query by time. Microsoft asks for a query by id
// for messages to more than 1000 recipients (Get-MessageTraceV2); whether a query by time is then whole is not documented.

internal import IntakeCore

enum CrowdedMessages {
  /// As many rows of one message as make its list of recipients doubtful.
  static let limit = 1_000

  /// The ids in `page` to ask for again. A message may lie across a page's edge, where half as many rows are enough: of
  /// a thousand rows on two pages, one page has five hundred.
  /// - Parameter isContinued: there is a page before this one.
  static func ids(in page: Page, isContinued: Bool) -> [String] {
    guard page.rows.count >= limit / 2 else { return [] }
    let ids = RowFields.strings("id", of: page)
    var counts: [[UInt8]: Int] = [:]
    for id in ids { counts[id ?? [], default: 0] += 1 }
    counts[[]] = nil
    let first = isContinued ? ids.first ?? nil : nil
    let last = page.next != nil ? ids.last ?? nil : nil
    let crowded = counts.filter { id, count in
      count >= limit || (count >= limit / 2 && (id == first || id == last))
    }
    return crowded.keys.map { String(decoding: $0, as: UTF8.self) }.filter(ODataLiteral.isTraceID).sorted()
  }

  /// Rows of `answer` whose recipient `page` does not have yet for this id, appended to it; how many there were.
  static func append(_ answer: Page, id: String, to page: inout Page) -> Int {
    let key = Array(id.utf8)
    let known = zip(RowFields.strings("id", of: page), RowFields.strings("recipientAddress", of: page))
    var recipients = Set(known.compactMap { $0.0 == key ? $0.1 : nil })
    var added = 0
    for (row, recipient) in zip(answer.rows, RowFields.strings("recipientAddress", of: answer)) {
      guard let recipient, recipients.insert(recipient).inserted else { continue }
      let begin = page.bytes.count
      page.bytes.append(contentsOf: answer.bytes[row])
      page.rows.append(begin..<page.bytes.count)
      added += 1
    }
    return added
  }
}
