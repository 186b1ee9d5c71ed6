// A whole search: every question over every window, answers merged, repeats dropped, newest first.

package import IntakeCore

/// What a search found.
package struct QueryResult: Sendable {
  /// Newest first, then by recipient.
  package var rows: [QueryRow]
  /// True if there are more rows than were asked for.
  package var hasMore: Bool
  /// Rows that are no JSON objects.
  package var unreadable: Int
}

/// Reads what matches a filter between two instants.
package struct QuerySearch: Sendable {
  package let source: any Searching
  package let filter: QueryFilter
  /// Both inclusive; the start is cut to milliseconds, which is how finely both services tell time.
  package let start: Instant
  package let end: Instant
  /// How many of the newest rows are wanted; nil for all.
  package let most: Int?

  package init(source: any Searching, filter: QueryFilter, start: Instant, end: Instant, most: Int? = nil) {
    self.source = source
    self.filter = filter
    self.start = Instant(ticks: start.ticks - start.ticks % 10_000)
    self.end = end
    self.most = most
  }

  package func run() async throws(Failure) -> QueryResult {
    var found = Found()
    for terms in filter.questions({ source.canAsk($0, $1, filter.subjectTest) }) {
      found.beginQuestion()
      for window in windows {
        try await read(window, terms, into: &found)
        if hasEnough(found) { break }
      }
    }
    try await readCrowds(into: &found)
    return found.result(most: most)
  }

  /// Newest first, each a second narrower than the service allows, whole milliseconds.
  var windows: [Window] {
    var windows: [Window] = []
    var upper = end
    repeat {
      let lower = max(start, upper - (source.widestWindow - .seconds(1)))
      windows.append(Window(start: lower, end: upper))
      upper = lower
    } while upper > start
    return windows
  }

  /// One row more than wanted tells that there are more. Windows come newest first, so what follows is older.
  private func hasEnough(_ found: Found) -> Bool { most.map { found.inQuestion > $0 } ?? false }

  /// Microsoft asks for a query by id where a message has more than 1,000 recipients (Get-MessageTraceV2): what a query by
  /// time gives of it may be a part.
  private func readCrowds(into found: inout Found) async throws(Failure) {
    guard filter.values[.traceID] == nil else { return }
    for crowd in found.crowds {
      guard let received = crowd.received else { continue }
      found.beginQuestion()
      let terms = QueryTerms(values: [.traceID: crowd.traceID], subjectTest: filter.subjectTest)
      try await read(Window(start: received - .seconds(1), end: received + .seconds(1)), terms, into: &found)
    }
  }

  private func read(_ window: Window, _ terms: QueryTerms, into found: inout Found) async throws(Failure) {
    do {
      try await readOnce(window, terms, into: &found)
    } catch {
      switch error.recovery {
      case .restartWindow: try await readOnce(window, terms, into: &found)
      case .smallerWindow:
        guard let halves = window.halves else { throw error }
        try await read(halves.newer, terms, into: &found)
        if !hasEnough(found) { try await read(halves.older, terms, into: &found) }
      case .never, .later: throw error
      }
    }
  }

  private func readOnce(_ window: Window, _ terms: QueryTerms, into found: inout Found) async throws(Failure) {
    var visited: Set<PageCursor> = []
    var cursor: PageCursor?
    var isSorted = true
    var oldest = Instant.latest
    repeat {
      guard !Task.isCancelled else { throw .stopped }
      let page = try await source.page(window, matching: terms, after: cursor)
      let read = QueryRow.rows(of: page)
      found.unreadable += read.unreadable
      for row in read.rows {
        let received = row.received ?? .latest
        isSorted = isSorted && received <= oldest
        oldest = received
        if isWanted(row) { found.take(row) }
      }
      if isSorted, hasEnough(found) { return }
      if let next = page.next, !visited.insert(next).inserted { throw .searchLoop }
      cursor = page.next
    } while cursor != nil
  }

  /// A row without a time that can be read is given rather than lost.
  private func isWanted(_ row: QueryRow) -> Bool {
    let isInside = row.received.map { start <= $0 && $0 <= end } ?? true
    return isInside && filter.matches(row)
  }
}

/// What has been found so far.
private struct Found {
  var unreadable = 0
  /// Rows that the question in hand has given.
  private(set) var inQuestion = 0
  private var rows: [[UInt8]: QueryRow] = [:]
  private var perMessage: [String: Int] = [:]

  private var question = 0
  private var lastQuestion: [[UInt8]: Int] = [:]

  mutating func beginQuestion() {
    inQuestion = 0
    question += 1
  }

  /// Of two states of one row the later answer counts; a row that comes twice in one question counts once.
  mutating func take(_ row: QueryRow) {
    let key = row.key
    if lastQuestion.updateValue(question, forKey: key) != question { inQuestion += 1 }
    if rows.updateValue(row, forKey: key) == nil { perMessage[row.traceID, default: 0] += 1 }
  }

  /// One row of each message with at least 1,000.
  var crowds: [QueryRow] {
    let ids = perMessage.filter { $0.value >= 1_000 && !$0.key.isEmpty }.map(\.key).sorted()
    return ids.compactMap { id in rows.values.first { $0.traceID == id } }
  }

  func result(most: Int?) -> QueryResult {
    let sorted = rows.values.sorted { left, right in
      let (first, second) = (left.received ?? .latest, right.received ?? .latest)
      guard first == second else { return first > second }
      guard left.recipient == right.recipient else { return left.recipient < right.recipient }
      return left.traceID < right.traceID
    }
    guard let most, sorted.count > most else {
      return QueryResult(rows: sorted, hasMore: false, unreadable: unreadable)
    }
    return QueryResult(rows: Array(sorted.prefix(most)), hasMore: true, unreadable: unreadable)
  }
}

extension Failure {
  fileprivate static let searchLoop = Failure(
    "source.link_loop", exit: .tryLater,
    "Searching: the service sent the same next link twice, so its pages would never end.",
    hint: "Try again, or with a shorter span.", recovery: .later(after: nil))
}
