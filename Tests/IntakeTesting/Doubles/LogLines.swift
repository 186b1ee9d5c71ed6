// What was logged, line by line.

package import IntakeCore

package final class LogLines: Sendable {
  private let lines = Locked<[String]>([])

  package init() {}

  package var all: [String] { lines.value }

  /// A log that keeps its lines here.
  /// - Parameters:
  ///   - level: lines below it are left out.
  ///   - now: the time of every line.
  package func log(_ level: Log.Level = .debug, now: @escaping @Sendable () -> Instant = { Instant(ticks: 0) }) -> Log {
    Log(level: level, now: now) { line in self.lines.update { $0.append(String(decoding: line, as: UTF8.self)) } }
  }
}
