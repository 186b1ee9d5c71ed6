// Reading windows: page after page, the next one fetched while one is delivered.

extension Pipeline {
  /// Reads a window to its last page and then moves the named cursor to the window's end.
  ///
  /// A window that the service cannot serve whole is halved. A window with a page that fails is read once more and then
  /// halved as well, down to a second; what still fails becomes an open span of the checkpoint, listed in `unread`, and the
  /// cursor moves beyond it.
  /// - Parameter window: what is read, to its last page.
  /// - Parameter cursor: nil moves none: a backfill keeps its own progress.
  /// - Parameter age: how far behind the service's own clock the cursor stays, should the local clock run ahead of it.
  package mutating func read(_ window: Window, moving cursor: String?, age: Duration) async throws(Failure) -> Tally {
    isolation.begin()
    return try await readWhole(window, moving: cursor, age: age)
  }

  /// Delivers events that belong to rows already read, with a mapping of their own. No cursor moves. They belong to no
  /// window: the ledger finds them at any time, and keeps them as long as rows of the window that was read last.
  package mutating func add(_ page: Page, by mapping: some Normalising) async throws(Failure) -> Tally {
    var reading = Reading()
    try checkRoom()
    window = Window(start: window.start, end: window.start)
    try await take(page, by: mapping, cursor: nil, into: &reading.tally)
    return reading.tally
  }

  private mutating func readWhole(
    _ window: Window, moving cursor: String?, age: Duration
  ) async throws(Failure) -> Tally {
    var tally = Tally()
    for attempt in 1...2 {
      var reading = Reading()
      do throws(Failure) {
        try await readPages(window, moving: cursor, age: age, &reading)
        isolation.succeeded()
        try closeSpans(in: window)
        tally += reading.tally
        return tally
      } catch {
        tally += reading.tally
        if error.recovery == .smallerWindow, reading.isUnreadable(error) {
          tally += try await readHalves(window, moving: cursor, age: age, reading, error)
          return tally
        }
        guard reading.isStuck(error) else { throw error }
        guard attempt == 2 else { continue }
        tally += try await isolate(window, error)
        if let cursor { try moveBehind(window, cursor, age: age) }
      }
    }
    return tally
  }

  /// Both halves of a window that is too much for the service, the older one first.
  private mutating func readHalves(
    _ window: Window, moving cursor: String?, age: Duration, _ reading: Reading, _ failure: Failure
  ) async throws(Failure) -> Tally {
    _ = isolation.mayContinue(after: reading)
    guard let halves = window.halves else {
      guard isolation.isNarrow else { throw failure }
      try leaveOpen(window, failure)
      if let cursor { try moveBehind(window, cursor, age: age) }
      return Tally()
    }
    var tally = try await readWhole(halves.older, moving: cursor, age: age)
    tally += try await readWhole(halves.newer, moving: cursor, age: age)
    return tally
  }

  /// Reads all of a window but the parts, down to a second, that fail by themselves: they are left open.
  ///
  /// Both halves are tried before either is halved again: if nothing can be read any more, the service is at fault.
  private mutating func isolate(_ window: Window, _ failure: Failure) async throws(Failure) -> Tally {
    var tally = Tally()
    guard let halves = window.halves else {
      try leaveOpen(window, failure)
      return tally
    }
    var failed: [(Window, Failure)] = []
    for half in [halves.newer, halves.older] {
      var reading = Reading()
      do throws(Failure) {
        try await readPages(half, moving: nil, age: .zero, &reading)
        isolation.succeeded()
      } catch {
        guard reading.isUnreadable(error), isolation.mayContinue(after: reading) else { throw error }
        failed.append((half, error))
      }
      tally += reading.tally
    }
    for (half, failure) in failed { tally += try await isolate(half, failure) }
    return tally
  }

  private mutating func readPages(
    _ window: Window, moving cursor: String?, age: Duration, _ reading: inout Reading
  ) async throws(Failure) {
    let source = source
    var page = try reading.page(try await fetch(window, after: nil))
    let settled = page.serverDate.map { min(window.end, $0 - age) }
    self.window = window
    while true {
      try checkRoom()
      serverDate = page.serverDate ?? serverDate
      try reading.remember(page.next, of: page)
      let next = page.next
      // Two large pages at once are too much memory: the next one then waits until this one is delivered.
      let isLarge = page.bytes.count + 8 * page.rows.count > Self.largePage
      let arrival = Arrival(signal)
      async let following = arrival.of { await (isLarge ? nil : next).asyncPage(of: window, from: source) }
      // A window that begins in the service's future says nothing of the time between cursor and window.
      let end = next == nil ? settled.flatMap { $0 > window.start ? $0 : nil } : nil
      let moved = end.flatMap { end in cursor.map { ($0, end) } }
      let taken = await takeAll(page, cursor: moved, into: &reading.tally)
      let tended = await tend(until: arrival)
      let fetched = await following
      try taken.get()
      try tended.get()
      if isLarge, let next {
        page = Page(bytes: [], rows: [])
        page = try reading.page(try await fetch(window, after: next))
        continue
      }
      guard let fetched else { break }
      page = try reading.page(fetched)
    }
    reading.tally.windows += 1
    if settled == nil, let cursor { try moveBehind(window, cursor, age: age) }
  }

  /// Moves the cursor to the end of a window that was read; never beyond what the service has shown of its own clock.
  private mutating func moveBehind(_ window: Window, _ cursor: String, age: Duration) throws(Failure) {
    guard let known = serverDate ?? newestRow else { return }
    let end = min(window.end, known - age)
    if end > window.start { try move([cursor: end]) }
  }

  /// Fetches a page while the sinks go on.
  private mutating func fetch(
    _ window: Window, after cursor: PageCursor?
  ) async throws(Failure) -> Result<Page, Failure> {
    let source = source
    let arrival = Arrival(signal)
    async let answer = arrival.of { await source.result(window, after: cursor) }
    let tended = await tend(until: arrival)
    let page = await answer
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
    return await source.result(window, after: cursor)
  }
}
