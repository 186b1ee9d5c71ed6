// Revisits: every window is read again at each age, because rows appear late and statuses change in place.

package import IntakeCore

extension Schedule {
  package static func cursorName(revisit age: Duration) -> String { "revisit \(age.text)" }

  /// How often a revisit runs: a fifth of its age, so that the cost stays planned.
  package func step(of age: Duration) -> Duration { max(every, age / 5) }

  /// The revisits that are due, each from its cursor to its age behind now.
  func dueRevisits(_ cursors: [String: Instant], now: Instant) -> [Read] {
    revisits.compactMap { age in
      let name = Self.cursorName(revisit: age)
      guard let cursor = cursors[name], now - age - cursor >= step(of: age) else { return nil }
      return Read(cursor: name, window: Window(start: cursor, end: now - age), age: age)
    }
  }

  /// The cursors that a finished live read covers as well: what was older than a revisit's age when it was read.
  package func covered(by read: Read, at now: Instant, cursors: [String: Instant]) -> [String: Instant] {
    guard read.cursor == Self.liveCursor else { return [:] }
    var moved: [String: Instant] = [:]
    for age in revisits {
      let name = Self.cursorName(revisit: age)
      let end = max(read.window.start, min(read.window.end, now - age))
      guard (cursors[name] ?? read.window.start) >= read.window.start else { continue }
      moved[name] = end
    }
    // Cursors of revisits that are configured no more go along, or they would hold the ledger's horizon for ever.
    let lanes = Set(revisits.map { Self.cursorName(revisit: $0) })
    for name in cursors.keys where name.hasPrefix("revisit ") && !lanes.contains(name) { moved[name] = read.window.end }
    return moved
  }
}
