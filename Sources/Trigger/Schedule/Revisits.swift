// Revisits: every window is read again at each age, because rows appear late and statuses change in place.

package import IntakeCore

extension Schedule {
  /// How long behind its age the cursor of a removed revisit stays.
  static let removedAgeKept: Duration = .seconds(86_400)
  private static let prefix = "revisit "

  package static func cursorName(revisit age: Duration) -> String { "\(prefix)\(age.text)" }

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
  ///
  /// A first pass at 12:00 that has read 08:00 to 11:59 need not read it again for `revisit 1h` before 11:00 nor for
  /// `revisit 15m` before 11:45: their cursors move there. `revisit 6h` begins with the window, at 08:00.
  package func covered(by read: Read, at now: Instant, cursors: [String: Instant]) -> [String: Instant] {
    guard read.cursor == Self.liveCursor else { return [:] }
    var moved: [String: Instant] = [:]
    for age in revisits {
      let name = Self.cursorName(revisit: age)
      let end = max(read.window.start, min(read.window.end, now - age))
      guard (cursors[name] ?? read.window.start) >= read.window.start else { continue }
      moved[name] = end
    }
    return moved
  }

  /// A new age begins at the oldest cursor of an age that was removed, so that nothing outstanding is dropped. A removed age
  /// without a successor keeps its cursor for `removedAgeKept`, in case it or another one is configured again.
  func adopt(_ cursors: [String: Instant], now: Instant) -> [String: Instant] {
    let names = Set(revisits.map { Self.cursorName(revisit: $0) })
    let removed = cursors.filter { $0.key.hasPrefix(Self.prefix) && !names.contains($0.key) }
    let new = names.filter { cursors[$0] == nil }
    var result = cursors
    for name in new { result[name] = removed.values.min() }
    for (name, cursor) in removed {
      let age = Duration(parsing: String(name.dropFirst(Self.prefix.count))) ?? .zero
      if !new.isEmpty || now - cursor > age + Self.removedAgeKept { result[name] = nil }
    }
    return result
  }
}
