// Protection from next links that go in circles or never end.

/// The next links of one window. They end whatever the service sends: no link with rows twice, no long run of empty pages.
struct VisitedLinks {
  private var links: Set<PageCursor> = []
  /// How many more times empty pages may repeat a link.
  private var repeats = 10

  mutating func remember(_ link: PageCursor, of page: Page, rows: Int) throws(Failure) {
    if !links.insert(link).inserted {
      repeats -= page.rows.isEmpty ? 1 : repeats
      guard repeats > 0 else { throw Failure.linkLoop }
    }
    // At most 20 more links than rows, and 10,000 in all.
    guard links.count <= 20 + rows, links.count <= 10_000 else { throw Failure.endless }
  }
}

extension Failure {
  fileprivate static let linkLoop = Failure(
    .linkLoop, exit: .tryLater,
    "Reading a window: the service returned the same next link twice.",
    hint: "The window stays open and is read again on the next pass.", recovery: .later(after: nil))

  fileprivate static let endless = Failure(
    "source.endless", exit: .tryLater, "Reading a window: the service returned too many pages with too few rows.",
    hint: "The window stays open and is read again on the next pass.", recovery: .later(after: nil))
}
