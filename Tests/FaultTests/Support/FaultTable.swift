// The results of the fault tests as one table at the end of the run.
//
//     MESSAGE_TRACE_FAULTS=table swift test --filter '^FaultTests'     the bounded form, with the table
//     MESSAGE_TRACE_FAULTS=long  swift test --filter '^FaultTests'     every point, 500 seeds, with the table

internal import Glibc
internal import Simulator
internal import Synchronization

/// One line of the table, summed over all cases of one fault.
struct Figure {
  var cases = 0
  var lost = 0
  var doubled = 0
  /// Lines cut short, lines that are no events, bytes that changed after they could be read.
  var broken = 0
  var exits: Set<Int32> = []

  mutating func add(_ verdict: DeliveryOracle.Verdict, exit: Int32? = nil) {
    cases += 1
    lost += verdict.lost
    doubled += verdict.doubled
    broken += verdict.invalid + verdict.unknown
    if let exit { exits.insert(exit) }
  }

  /// What a perfect run gives, whatever its exit statuses.
  var isPerfect: Bool { cases > 0 && lost + doubled + broken == 0 }
}

/// The table of this test run.
enum FaultTable {
  static let form = unsafe getenv("MESSAGE_TRACE_FAULTS").map { unsafe String(cString: $0) } ?? ""
  static let isLong = form == "long"

  private static let rows = Mutex<[(String, Figure)]>([])

  static func record(_ what: String, _ figure: Figure) {
    let isFirst = rows.withLock { rows in
      rows.append((what, figure))
      return rows.count == 1
    }
    if isFirst, !form.isEmpty { atexit { FaultTable.write() } }
  }

  private static func write() {
    var text =
      "\n\(pad("fault", 84)) \(pad("cases", 6)) \(pad("lost", 5)) \(pad("doubled", 8)) \(pad("broken", 7)) exits\n"
    for (what, figure) in rows.withLock({ $0.sorted { $0.0 < $1.0 } }) {
      let exits = figure.exits.sorted().map { $0 == 137 ? "killed" : "\($0)" }.joined(separator: " ")
      text += "\(pad(what, 84)) \(pad("\(figure.cases)", 6)) \(pad("\(figure.lost)", 5)) "
      text += "\(pad("\(figure.doubled)", 8)) \(pad("\(figure.broken)", 7)) \(exits)\n"
    }
    let bytes = Array(text.utf8)
    _ = unsafe Glibc.write(STDOUT_FILENO, bytes, bytes.count)
  }

  private static func pad(_ text: String, _ width: Int) -> String {
    text + String(repeating: " ", count: max(0, width - text.count))
  }
}
