// A whole search: every question over every window, answers merged, repeats dropped, newest first; where one question is
// enough, given out while it is read.

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

  /// Takes rows as they are known, newest first.
  package typealias Emit = ([QueryRow]) throws(Failure) -> Void

  /// Where few rows are wanted and the service itself finds them, few are asked for: one more than wanted.
  private var questions: [QueryTerms] {
    filter.questions { source.canFilter($0, $1, filter.subjectTest) }.map { terms in
      var terms = terms
      if let most, filter.isAnswered(by: terms) { terms.most = most + 1 }
      return terms
    }
  }

  /// True if rows can be given out before all are there: one question has no other's answers to be merged with.
  package var canStream: Bool { most == nil && questions.count == 1 }

  package func run() async throws(Failure) -> QueryResult {
    var found = FoundRows()
    for terms in questions {
      found.beginQuestion()
      for window in windows {
        try await read(window, terms, into: &found)
        if hasEnough(found) { break }
      }
    }
    try await readCrowds(into: &found)
    return found.result(most: most)
  }

  /// Gives every row out as soon as nothing newer can come, where `canStream`; only pages and what tells rows apart are
  /// held. Of two states of one row the first counts. The result's own rows are none.
  package func stream(_ emit: @escaping Emit) async throws(Failure) -> QueryResult {
    var found = FoundRows()
    for terms in questions {
      for window in windows {
        try await read(window, terms, into: &found, emit: emit)
        try await release(&found, newerThan: window.start, to: emit)
      }
    }
    try await release(&found, newerThan: nil, to: emit)
    return found.result(most: nil)
  }

  /// - Parameter limit: rows of this instant and older ones may still be joined by others; nil: by none.
  private func release(_ found: inout FoundRows, newerThan limit: Instant?, to emit: @escaping Emit)
    async throws(Failure)
  {
    try await readCrowds(into: &found, newerThan: limit)
    let ripe = found.release(newerThan: limit)
    if !ripe.isEmpty { try emit(ripe) }
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
  private func hasEnough(_ found: FoundRows) -> Bool { most.map { found.inQuestion > $0 } ?? false }

  /// Microsoft asks for a query by id where a message has more than 1,000 recipients (Get-MessageTraceV2): what a query by
  /// time gives of it may be a part.
  private func readCrowds(into found: inout FoundRows, newerThan limit: Instant? = nil) async throws(Failure) {
    guard filter.values[.traceID] == nil else { return }
    for crowd in found.crowds {
      guard let received = crowd.received, limit.map({ received > $0 }) ?? true else { continue }
      found.beginQuestion()
      let terms = QueryTerms(values: [.traceID: crowd.traceID], subjectTest: filter.subjectTest)
      try await read(Window(start: received - .seconds(1), end: received + .seconds(1)), terms, into: &found)
    }
  }

  private func read(
    _ window: Window, _ terms: QueryTerms, into found: inout FoundRows, emit: Emit? = nil
  ) async throws(Failure) {
    do {
      try await readOnce(window, terms, into: &found, emit: emit)
    } catch {
      switch error.recovery {
      case .restartWindow: try await readOnce(window, terms, into: &found, emit: emit)
      case .smallerWindow:
        guard let halves = window.halves else { throw error }
        try await read(halves.newer, terms, into: &found, emit: emit)
        if !hasEnough(found) { try await read(halves.older, terms, into: &found, emit: emit) }
      case .never:
        guard error.code == .refused, let fewer = terms.withoutDoubtful else { throw error }
        try await read(window, fewer, into: &found, emit: emit)
      case .later: throw error
      }
    }
  }

  /// Ten times the largest page that the services give.
  private static let mostRowsInPage = 50_000

  private func readOnce(
    _ window: Window, _ terms: QueryTerms, into found: inout FoundRows, emit: Emit?
  ) async throws(Failure) {
    var visited: Set<PageCursor> = []
    var cursor: PageCursor?
    var isSorted = true
    var oldest = Instant.latest
    repeat {
      guard !Task.isCancelled else { throw .stopped }
      let page = try await source.page(window, matching: terms, after: cursor)
      guard page.rows.count <= Self.mostRowsInPage else { throw .searchPage }
      let read = QueryRow.rows(of: page)
      found.unreadable += read.unreadable
      for row in read.rows {
        let received = row.received ?? .latest
        isSorted = isSorted && received <= oldest
        oldest = received
        if isWanted(row) { found.take(row) }
      }
      if isSorted, hasEnough(found) { return }
      if isSorted, let emit { try await release(&found, newerThan: oldest, to: emit) }
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

extension Failure {
  fileprivate static let searchPage = Failure(
    "source.too_many_rows", exit: .protocolBroken,
    "Searching: the answer has more rows than any page of the service.",
    hint: "Check that the configured URL is the service's own.")

  fileprivate static let searchLoop = Failure(
    .linkLoop, exit: .tryLater,
    "Searching: the service returned the same next link twice.",
    hint: "Try again, or with a shorter span.", recovery: .later(after: nil))
}
