// Where the values of rows stand that all have the same columns: found once, while the row's end is looked for.

/// The places of the values of a page's rows: of those rows that have the columns of the first of them, in its order, and
/// hold nothing but plain texts, whole numbers and null. Of any other row it says only that it is not one of these.
package struct RowCells: Sendable, Equatable {
  /// Where the columns' names stand, without quotes, in the first row that has places.
  package private(set) var names: [Range<Int>] = []
  /// What the `RowTemplate` had learned by which the rows were found; 0 before the first.
  private var version = 0
  /// For each row of the page where its places begin, or `none`.
  private var firsts: [UInt32] = []
  private static let none = UInt32.max
  /// For each row with places where it begins and ends, then where each value begins and ends, quotes included.
  package private(set) var places: [UInt32] = []
  /// Of `places`.
  private var used = 0

  package init() {}

  /// Rows that something is said of.
  package var count: Int { firsts.count }

  /// Makes room for one more row; false for a template that is not the first row's.
  @inline(__always)
  mutating func begin(_ version: Int, columns: Int) -> Bool {
    guard self.version == version || self.version == 0 else { return false }
    let needed = used &+ 2 &+ 2 &* columns
    if places.count < needed { places += [UInt32](repeating: 0, count: max(64 * (2 + 2 * columns), places.count)) }
    return true
  }

  /// Notes a value of the row that `begin` has made room for.
  @inline(__always)
  mutating func note(_ column: Int, _ start: Int, _ end: Int) {
    places[used &+ 2 &+ 2 &* column] = UInt32(truncatingIfNeeded: start)
    places[used &+ 3 &+ 2 &* column] = UInt32(truncatingIfNeeded: end)
  }

  /// Keeps what was noted of a row.
  /// - Parameters:
  ///   - row: where it stands.
  ///   - version: of the template.
  ///   - columns: of the template.
  ///   - names: where the names of its columns stand, given where each value begins; called for the
  ///     first row.
  @inline(__always)
  mutating func keep(
    _ row: Range<Int>, _ version: Int, columns: Int, names: ((Int) -> Int) -> [Range<Int>]
  ) {
    if self.version == 0 {
      self.version = version
      self.names = names { Int(places[used + 2 + 2 * $0]) }
    }
    places[used] = UInt32(truncatingIfNeeded: row.lowerBound)
    places[used &+ 1] = UInt32(truncatingIfNeeded: row.upperBound)
    firsts.append(UInt32(truncatingIfNeeded: used))
    used &+= 2 &+ 2 &* columns
  }

  /// Says that the next row has no places.
  package mutating func skip() { firsts.append(Self.none) }

  /// Forgets the last row.
  package mutating func removeLast() {
    if let last = firsts.popLast(), last != Self.none { used = Int(last) }
  }

  /// Where in `places` those of a row's values begin, a beginning and an end for each; nil where they are not known, or
  /// the row is not the one that was looked at.
  package func first(_ row: Int, _ range: Range<Int>) -> Int? {
    guard row < firsts.count, firsts[row] != Self.none else { return nil }
    let first = Int(firsts[row])
    guard places[first] == UInt32(truncatingIfNeeded: range.lowerBound),
      places[first + 1] == UInt32(truncatingIfNeeded: range.upperBound)
    else { return nil }
    return first + 2
  }

  /// True if every row of the page has places.
  package func haveAll(_ rows: Int) -> Bool { firsts.count == rows && !firsts.contains(Self.none) }
}
