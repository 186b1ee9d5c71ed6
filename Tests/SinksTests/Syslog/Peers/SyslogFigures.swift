// What the trials gave, as one table at the end of the run, where MESSAGE_TRACE_SYSLOG asks for it.

internal import Glibc
internal import Synchronization

enum SyslogFigures {
  static let form = unsafe getenv("MESSAGE_TRACE_SYSLOG").map { unsafe String(cString: $0) } ?? ""
  static let isLong = form == "long"

  private static let rows = Mutex<[String]>([])

  static func tell(_ what: String, _ sender: TrialSender, _ outcome: BreakTrial.Outcome) {
    let share = Double(outcome.lost) / Double(max(1, outcome.sent)) * 100
    let cells = [
      (what, 44), (sender.rawValue, 8), ("\(outcome.runs)", 6), ("\(outcome.sent)", 9), ("\(outcome.breaks)", 8),
      ("\(outcome.lost)", 8), ("\(Double(Int(share * 1_000)) / 1_000) %", 10), ("\(outcome.repeated)", 9),
    ]
    tell(cells.map { $0.padding(to: $1) }.joined())
  }

  /// One line of the table.
  static func tell(_ line: String) {
    let isFirst = rows.withLock { rows in
      rows.append(line)
      return rows.count == 1
    }
    if isFirst, !form.isEmpty { atexit { SyslogFigures.write() } }
  }

  private static func write() {
    let head = [
      ("receiver", 44), ("sender", 8), ("runs", 6), ("sent", 9), ("breaks", 8), ("lost", 8), ("share", 10),
      ("repeated", 9),
    ].map { $0.padding(to: $1) }.joined()
    let bytes = Array("\n\(([head] + rows.withLock { $0 }).joined(separator: "\n"))\n".utf8)
    _ = unsafe Glibc.write(STDOUT_FILENO, bytes, bytes.count)
  }
}

extension String {
  fileprivate func padding(to width: Int) -> String { self + String(repeating: " ", count: max(1, width - count)) }
}

extension BreakTrial.Outcome {
  mutating func add(_ other: BreakTrial.Outcome) {
    runs += other.runs
    sent += other.sent
    breaks += other.breaks
    lost += other.lost
    repeated += other.repeated
    downgrades += other.downgrades
  }
}
