// The table format of `query`, fitted to the terminal.

internal import Collector
internal import Glibc
internal import IntakeCore

struct QueryTable: Sendable {
  /// The width of the terminal; nil if standard output is not one or nothing may be truncated.
  let columns: Int?
  var zone = LocalZone.utc
  /// The columns that were asked for; nil for those that fit.
  var chosen: [QueryColumn]?

  /// True if the table does not show the ids that `details` requires.
  var lacksTraceIDs: Bool { !shown.contains(.traceID) }

  private var shown: [QueryColumn] {
    if let chosen { return chosen }
    return QueryColumn.usual.filter { column in columns.map { $0 >= column.needs } ?? true }
  }

  func text(_ rows: [QueryRow]) -> String {
    guard !rows.isEmpty else { return "" }
    let shown = shown
    let cells =
      [shown.map { $0.title(zone) }]
      + rows.map { row in shown.map { TerminalText.visible($0.value(row, zone)) } }
    let widths = fit(shown, cells)
    return cells.map { line(zip($0, widths).map(fitted)) }.joined()
  }

  private func line(_ cells: [String]) -> String {
    var text = cells.joined(separator: "  ")
    while text.utf8.last == UInt8(ascii: " ") { text.unicodeScalars.removeLast() }
    return text + "\n"
  }

  /// The width up to which one long value widens its column where nothing is truncated.
  private static let widest = 60

  private func fitted(_ cell: String, to width: Int) -> String {
    columns == nil && TerminalText.width(cell) > width ? cell : TerminalText.fitted(cell, to: width)
  }

  /// Shrinks the widest truncatable column first.
  private func fit(_ shown: [QueryColumn], _ cells: [[String]]) -> [Int] {
    var widths = shown.indices.map { index in cells.map { TerminalText.width($0[index]) }.max() ?? 0 }
    guard let columns else {
      return zip(shown, widths).map { $0.least == nil ? $1 : min($1, Self.widest) }
    }
    var excess = widths.reduce(0, +) + 2 * (shown.count - 1) - columns
    while excess > 0 {
      let candidates = shown.indices.filter { index in shown[index].least.map { widths[index] > $0 } ?? false }
      guard let widest = candidates.max(by: { widths[$0] < widths[$1] }) else { break }
      widths[widest] -= 1
      excess -= 1
    }
    return widths
  }

  /// The width of the terminal at standard output; nil if it is not a terminal.
  static func terminalColumns() -> Int? {
    guard isatty(STDOUT_FILENO) == 1 else { return nil }
    // `struct winsize`: rows, columns, and two numbers of pixels.
    var size = [UInt16](repeating: 0, count: 4)
    guard unsafe ioctl(STDOUT_FILENO, UInt(TIOCGWINSZ), &size) == 0, size[1] > 20 else { return 80 }
    return Int(size[1])
  }
}
