// The known name that a mistyped one most likely meant.

package enum Suggestion {
  /// The nearest of `names` by edit distance, nil where none is near: at most a third of the letters may differ, or three
  /// letters and more are the beginning of one name alone.
  package static func name(to typed: String, among names: some Sequence<String>) -> String? {
    let names = Array(names)
    var best: (name: String, distance: Int)?
    for name in names {
      let distance = distance(Array(typed.utf8), Array(name.utf8))
      if distance < best?.distance ?? Int.max { best = (name, distance) }
    }
    if let best, best.distance <= max(2, best.name.utf8.count / 3) { return best.name }
    let begun = names.filter { typed.utf8.count >= 3 && $0.lowercased().hasPrefix(typed.lowercased()) }
    return begun.count == 1 ? begun.first : nil
  }

  /// `, did you mean X?` or nothing, to end a sentence with.
  package static func question(_ typed: String, among names: some Sequence<String>) -> String {
    name(to: typed, among: names).map { ", did you mean \($0)?" } ?? "."
  }

  /// Insertions, deletions, replacements, and neighbours swapped, each of any letter case alike.
  private static func distance(_ left: [UInt8], _ right: [UInt8]) -> Int {
    guard left.count <= 64, right.count <= 64 else { return Int.max }
    var before: [Int] = []
    var previous = Array(0...right.count)
    for row in 0..<left.count {
      var current = [row + 1]
      for column in 0..<right.count {
        let same = left[row] | 0x20 == right[column] | 0x20
        var cost = min(current[column] + 1, previous[column + 1] + 1, previous[column] + (same ? 0 : 1))
        if row > 0, column > 0, left[row] == right[column - 1], left[row - 1] == right[column] {
          cost = min(cost, before[column - 1] + 1)
        }
        current.append(cost)
      }
      (before, previous) = (previous, current)
    }
    return previous[right.count]
  }
}
