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
    let tail = page.next == nil ? [] : Self.lastInstant(page)
    let counts = Self.counts(page, tail, before)
    if page.next != nil { unfinished = Self.ofLastInstant(page, tail, counts, before) }
    let ended = counts.filter { $0.value >= Self.limit && unfinished[$0.key] == nil }
    large = ended.map { (String(decoding: $0.key, as: UTF8.self), $0.value) }
      .filter { ODataLiteral.isTraceID($0.id) }.sorted { $0.id < $1.id }
  }

  /// Exact counts of every message that may have `limit` rows, is in `before` or among the last rows; a rough count of all
  /// tells which these are, without a key for each row.
  private static func counts(_ page: Page, _ tail: [Range<Int>], _ before: Counts) -> Counts {
    let span = unsafe page.bytes.span.bytes
    let ids = page.rows.map { RowFields.string("id", of: $0, in: span) ?? 0..<0 }
    var rough = [UInt32](repeating: 0, count: buckets)
    for id in ids where !id.isEmpty { rough[bucket(span, id)] += 1 }
    var isWanted = rough.map { $0 >= limit }
    for row in tail { if let id = RowFields.string("id", of: row, in: span) { isWanted[bucket(span, id)] = true } }
    for id in before.keys { isWanted[bucket(unsafe id.span.bytes, id.indices)] = true }
    var counts = before
    for id in ids where !id.isEmpty && isWanted[bucket(span, id)] { counts[Array(page.bytes[id]), default: 0] += 1 }
    return counts
  }

  private static let buckets = 1 << 14

  private static func bucket(_ span: RawSpan, _ id: Range<Int>) -> Int {
    var hash: UInt64 = 0xCBF2_9CE4_8422_2325
    var index = id.lowerBound
    while index < id.upperBound {
      var word: UInt64 = 0
      if index + 8 <= id.upperBound {
        word = unsafe span.unsafeLoadUnaligned(fromByteOffset: index, as: UInt64.self)
      } else {
        for offset in index..<id.upperBound { word = word << 8 | UInt64(span.byte(offset)) }
      }
      hash = (hash ^ word) &* 0x9E37_79B9_7F4A_7C15
      hash ^= hash >> 29
      index += 8
    }
    return Int(truncatingIfNeeded: hash >> 32 & UInt64(buckets - 1))
  }

  /// The rows at the end of the page that were received at one instant.
  private static func lastInstant(_ page: Page) -> [Range<Int>] {
    let span = unsafe page.bytes.span.bytes
    guard let last = page.rows.last, let instant = RowFields.string("receivedDateTime", of: last, in: span) else {
      return []
    }
    return page.rows.reversed().prefix { row in
      RowFields.string("receivedDateTime", of: row, in: span).map { page.bytes[$0] == page.bytes[instant] } ?? false
    }
  }

  /// Messages of the last instant; also those of earlier pages if that instant fills the whole page.
  private static func ofLastInstant(
    _ page: Page, _ tail: [Range<Int>], _ counts: Counts, _ before: Counts
  ) -> Counts {
    let span = unsafe page.bytes.span.bytes
    guard !page.rows.isEmpty else { return before }
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
