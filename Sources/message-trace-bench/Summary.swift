// The figures that the README shows: noted while the tables are measured, printed as Markdown at the end of a whole run.

internal import Glibc
internal import IntakeCore
internal import Synchronization

/// One line for each of `Line`, in their order.
final class Summary: Sendable {
  static let ofRun = Summary()

  enum Line: CaseIterable {
    case normalise, peers, growth, collect, delivery, tenants, ledger, files

    /// The first column.
    fileprivate var title: String {
      switch self {
      case .normalise: "`normalise`: rows of Graph to events, on lines"
      case .peers: "the same events by other programs"
      case .growth: "CPU time grows with rows, from 10⁴ to 10⁷, by the power"
      case .collect: "`collect`: CPU time an event, in pages of 5,000"
      case .delivery: "delivered and acknowledged on loopback"
      case .tenants: "1,000 tenants in one process, a pass a minute each, 20 of them failing or hanging"
      case .ledger: "the ledger"
      case .files: "checking a file, and its report"
      }
    }
  }

  private let figures = Mutex<[Line: [String]]>([:])

  /// Adds to a line.
  func note(_ line: Line, _ figure: String) { figures.withLock { $0[line, default: []].append(figure) } }

  /// The table; a line without figures was not measured.
  func say() {
    Bench.say("\nFor the README:\n\n| \(Machine.text) | |\n|---|---|")
    let figures = figures.withLock { $0 }
    for line in Line.allCases {
      Bench.say("| \(line.title) | \(figures[line]?.joined(separator: "; ") ?? "not measured") |")
    }
  }
}

/// What the figures were measured on.
enum Machine {
  static var text: String {
    "\(processor), \(max(1, sysconf(Int32(_SC_NPROCESSORS_ONLN)))) cores, load \(load), \(day)"
  }

  /// Processes that ran or waited for a core in the last minute. Source: proc(5).
  static var load: String { words("/proc/loadavg").first ?? "unknown" }

  private static var processor: String {
    let bytes = (try? FileBytes.read("/proc/cpuinfo", purpose: "processor")) ?? []
    let line = String(decoding: bytes, as: UTF8.self).split(separator: "\n").first { $0.hasPrefix("model name") }
    return line?.split(separator: ":", maxSplits: 1).last.map { $0.drop { $0 == " " } }.map(String.init) ?? "processor"
  }

  private static var day: String { String(Timestamp.text(TimeSource.system.now()).prefix(10)) }

  private static func words(_ path: String) -> [String] {
    let bytes = (try? FileBytes.read(path, purpose: "load")) ?? []
    return String(decoding: bytes, as: UTF8.self).split(separator: " ").map(String.init)
  }
}
