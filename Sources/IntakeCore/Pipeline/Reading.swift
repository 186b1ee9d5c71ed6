// One reading of a window: what came of it, and whose failure ended it.

/// The progress of one reading of a window.
struct Reading {
  var tally = Tally()
  /// The failure that ended it came from the source, not from state or sinks.
  private(set) var isOfSource = false
  private var visited = VisitedLinks()

  /// The page, or the source's failure.
  mutating func page(_ result: Result<Page, Failure>) throws(Failure) -> Page {
    if case .failure = result { isOfSource = true }
    return try result.get()
  }

  /// Ends links that go in circles or never end.
  mutating func remember(_ next: PageCursor?, of page: Page) throws(Failure) {
    guard let next else { return }
    do {
      try visited.remember(next, of: page, rows: tally.rows + page.rows.count)
    } catch {
      isOfSource = true
      throw error
    }
  }

  /// True if the service answers, but not for one of the pages behind the first.
  func isStuck(_ failure: Failure) -> Bool { tally.pages > 0 && isUnreadable(failure) && failure.mayBeOfPage }

  /// True if a smaller window may be read all the same.
  func isUnreadable(_ failure: Failure) -> Bool { isOfSource && !failure.isOfService }
}

extension Failure {
  /// Every other request would fail in the same way.
  fileprivate var isOfService: Bool {
    if case .later(.some) = recovery { return true }
    let codes: Set<Failure.Code> = [.stopped, .waitTooLong, .throttled, .unreachable]
    return codes.contains(code) || exit == .denied || exit == .system
  }

  /// The same window may well be read in other pieces.
  fileprivate var mayBeOfPage: Bool {
    switch recovery {
    case .restartWindow, .later, .smallerWindow: true
    case .never: false
    }
  }
}

extension Source {
  /// The page behind `cursor`, the first for nil.
  func result(_ window: Window, after cursor: PageCursor?) async -> Result<Page, Failure> {
    do {
      return .success(try await page(window, after: cursor))
    } catch {
      return .failure(error)
    }
  }
}

/// The limits of the search for the part of a window that cannot be read.
struct Isolation {
  /// Readings in a row that failed before any row came: the service as a whole may be down.
  private var barren = 0
  /// Failed readings of one window.
  private var failed = 0

  private static let mostBarren = 6
  private static let mostFailed = 64

  mutating func succeeded() { barren = 0 }

  mutating func begin() { self = Isolation() }

  /// False if the search has to end.
  mutating func mayContinue(after reading: Reading) -> Bool {
    barren = reading.tally.rows == 0 ? barren + 1 : 0
    failed += 1
    return barren <= Self.mostBarren && failed <= Self.mostFailed
  }

  /// True if something around the part could be read.
  var isNarrow: Bool { barren <= Self.mostBarren }
}
