// Reading windows: page after page, the next one fetched while one is delivered.

extension Pipeline {
  /// Reads a window to its last page and then moves the named cursor to the window's end.
  ///
  /// A window that the service cannot serve whole is halved; one whose next link expired is read again, once.
  /// - Parameter window: what is read, to its last page.
  /// - Parameter cursor: nil moves none: a backfill keeps its own progress.
  /// - Parameter age: how far behind the service's own clock the cursor stays, should the local clock run ahead of it.
  package mutating func read(_ window: Window, moving cursor: String?, age: Duration) async throws(Failure) -> Tally {
    do {
      return try await readOnce(window, moving: cursor, age: age)
    } catch {
      switch error.recovery {
      case .restartWindow:
        return try await readOnce(window, moving: cursor, age: age)
      case .smallerWindow:
        guard let halves = window.halves else { throw error }
        var tally = try await read(halves.older, moving: cursor, age: age)
        tally += try await read(halves.newer, moving: cursor, age: age)
        return tally
      case .never, .later:
        throw error
      }
    }
  }

  /// Delivers events that belong to rows already read, with a mapping of their own. No cursor moves.
  package mutating func add(_ page: Page, by mapping: some Normalising) async throws(Failure) -> Tally {
    var tally = Tally()
    try checkRoom()
    try await take(page, by: mapping, cursor: nil, into: &tally)
    return tally
  }

  private mutating func readOnce(
    _ window: Window, moving cursor: String?, age: Duration
  ) async throws(Failure) -> Tally {
    var tally = Tally()
    var visited = VisitedLinks()
    let source = source
    var page = try await firstPage(of: window)
    let settled = page.serverDate.map { min(window.end, $0 - age) } ?? window.end
    while true {
      try checkRoom()
      serverDate = page.serverDate ?? serverDate
      if let next = page.next { try visited.remember(next, of: page, rows: tally.rows + page.rows.count) }
      let next = page.next
      // Two large pages at once are too much memory: the next one then waits until this one is delivered.
      let isLarge = page.bytes.count + 16 * page.rows.count > Self.largePage
      let arrival = Arrival(signal)
      async let following = arrival.of { await (isLarge ? nil : next).asyncPage(of: window, from: source) }
      // A window that begins in the service's future says nothing of the time between cursor and window.
      let isDone = next == nil && settled > window.start
      let taken = await takeAll(page, cursor: isDone ? cursor.map { ($0, settled) } : nil, into: &tally)
      let tended = await tend(until: arrival)
      let fetched = await following
      try taken.get()
      try tended.get()
      if isLarge, let next {
        page = Page(bytes: [], rows: [])
        page = try await source.page(window, after: next)
        continue
      }
      guard let fetched else { break }
      page = try fetched.get()
    }
    tally.windows += 1
    return tally
  }

  private mutating func firstPage(of window: Window) async throws(Failure) -> Page {
    let source = source
    let arrival = Arrival(signal)
    async let answer = arrival.of {
      await Failure.caught { () async throws(Failure) in try await source.page(window, after: nil) }
    }
    let tended = await tend(until: arrival)
    let page = try await answer.get()
    try tended.get()
    return page
  }

  private mutating func takeAll(
    _ page: Page, cursor: (String, Instant)?, into tally: inout Tally
  ) async -> Result<Void, Failure> {
    do {
      try await take(page, by: mapping, cursor: cursor, into: &tally)
      return .success(())
    } catch {
      return .failure(error)
    }
  }
}

extension Optional where Wrapped == PageCursor {
  /// The page behind this cursor, nil where there is none: what is fetched while the page before is being delivered.
  fileprivate func asyncPage(of window: Window, from source: some Source) async -> Result<Page, Failure>? {
    guard let cursor = self else { return nil }
    do {
      return .success(try await source.page(window, after: cursor))
    } catch {
      return .failure(error)
    }
  }
}
