// Spans as people write them: 90s, 15m, 6h, 7d.

extension Duration {
  /// A whole number and one of `ms`, `s`, `m`, `h`, `d`; nil for anything else, negative or over 1,000 days.
  package init?(parsing text: String) {
    let units: [(suffix: String, seconds: Duration)] = [
      ("ms", .milliseconds(1)), ("s", .seconds(1)), ("m", .seconds(60)), ("h", .seconds(3_600)),
      ("d", .seconds(86_400)),
    ]
    guard let unit = units.first(where: { text.hasSuffix($0.suffix) }) else { return nil }
    let digits = text.dropLast(unit.suffix.count)
    guard !digits.isEmpty, digits.utf8.allSatisfy({ $0 &- 0x30 <= 9 }), let count = Int32(digits) else { return nil }
    let duration = unit.seconds * Int(count)
    guard duration <= .seconds(86_400 * 1_000) else { return nil }
    self = duration
  }

  /// The largest unit that says it exactly: `15m`, `36h`, `1500ms`.
  package var text: String {
    let ticks = ticks
    let units: [(Int64, String)] = [
      (864_000_000_000, "d"), (36_000_000_000, "h"), (600_000_000, "m"), (10_000_000, "s"),
    ]
    for (size, name) in units where ticks % size == 0 && ticks != 0 && (name != "d" || ticks / size > 2) {
      return "\(ticks / size)\(name)"
    }
    return ticks == 0 ? "0s" : "\(ticks / 10_000)ms"
  }

  /// For people: the two largest units, rounded down, as in `3h 5m`; nothing below a second.
  package var spoken: String {
    let seconds = max(0, components.seconds)
    let units: [(Int64, String)] = [(86_400, "d"), (3_600, "h"), (60, "m"), (1, "s")]
    guard let first = units.firstIndex(where: { seconds >= $0.0 }) else { return "0s" }
    let (size, name) = units[first]
    guard first + 1 < units.count else { return "\(seconds)s" }
    let (small, smallName) = units[first + 1]
    let rest = seconds % size / small
    return rest == 0 ? "\(seconds / size)\(name)" : "\(seconds / size)\(name) \(rest)\(smallName)"
  }
}
