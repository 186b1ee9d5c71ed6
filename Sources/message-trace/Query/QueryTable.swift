// The table format of `query`, fitted to the terminal.

internal import Collector
internal import Glibc
internal import IntakeCore

struct QueryTable {
  /// The width of the terminal; nil if standard output is not one, and then nothing is truncated.
  let columns: Int?

  private struct Column: Sendable {
    var title: String
    /// The width from which the column is shown.
    var needs = 0
    /// The width down to which it may be truncated; nil if it may not.
    var least: Int?
    var value: @Sendable (QueryRow) -> String
  }

  private static let all: [Column] = [
    Column(title: "RECEIVED (UTC)") { $0.received.map { shortTime($0) } ?? "" },
    Column(title: "STATUS") { $0.status },
    Column(title: "SENDER", least: 8) { $0.sender },
    Column(title: "RECIPIENT", least: 9) { $0.recipient },
    Column(title: "SUBJECT", least: 8) { $0.subject },
    Column(title: "SIZE", needs: 150) { $0.size },
    Column(title: "FROM IP", needs: 180) { $0.fromIP },
    Column(title: "TO IP", needs: 200) { $0.toIP },
    Column(title: "MESSAGE TRACE ID", needs: 110) { $0.traceID },
  ]

  /// True if the terminal is too narrow for the ids that `details` requires.
  var lacksTraceIDs: Bool { columns.map { $0 < 110 } ?? false }

  func text(_ rows: [QueryRow]) -> String {
    guard !rows.isEmpty else { return "" }
    let shown = Self.all.filter { column in columns.map { $0 >= column.needs } ?? true }
    let cells = [shown.map(\.title)] + rows.map { row in shown.map { TerminalText.visible($0.value(row)) } }
    let widths = fit(shown, cells)
    return cells.map { line(zip($0, widths).map { TerminalText.fitted($0, to: $1) }) }.joined()
  }

  private func line(_ cells: [String]) -> String {
    var text = cells.joined(separator: "  ")
    while text.utf8.last == UInt8(ascii: " ") { text.unicodeScalars.removeLast() }
    return text + "\n"
  }

  /// Shrinks the widest truncatable column first.
  private func fit(_ shown: [Column], _ cells: [[String]]) -> [Int] {
    var widths = shown.indices.map { index in cells.map { TerminalText.width($0[index]) }.max() ?? 0 }
    guard let columns else { return widths }
    var excess = widths.reduce(0, +) + 2 * (shown.count - 1) - columns
    while excess > 0 {
      let candidates = shown.indices.filter { index in shown[index].least.map { widths[index] > $0 } ?? false }
      guard let widest = candidates.max(by: { widths[$0] < widths[$1] }) else { break }
      widths[widest] -= 1
      excess -= 1
    }
    return widths
  }

  /// `2026-03-02 08:15:07`
  static func shortTime(_ instant: Instant) -> String {
    Timestamp.text(instant).prefix(19).split(separator: "T").joined(separator: " ")
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
