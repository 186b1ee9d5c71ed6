// A command as a user calls it, measured from start to end.

internal import Glibc
internal import IntakeCore

/// What a run of a whole program took.
struct WholeRun {
  var wall: Double
  /// User and system.
  var processor: Double
  var peakMiB: Int

  /// The run that took the least processor time, its output thrown away; nil if the program is not there or fails.
  /// - Parameters:
  ///   - command: the program and its arguments.
  ///   - runs: how often it is run.
  ///   - exits: exit statuses that are no failure.
  static func best(_ command: [String], runs: Int = 3, exits: Set<Int32> = [0]) -> WholeRun? {
    var best: WholeRun?
    for _ in 0..<max(1, runs) {
      let start = ContinuousClock.now
      guard let cost = Child(command)?.cost(), exits.contains(cost.exit) else { return nil }
      let run = WholeRun(
        wall: (ContinuousClock.now - start).inSeconds, processor: cost.processor, peakMiB: cost.peakMiB)
      if run.processor < best?.processor ?? .infinity { best = run }
    }
    return best
  }

  static let heading = Bench.pad("", 36) + "rows/s      rows/s of CPU   MB/s in   peak MiB"

  func tell(_ name: String, rows: Int, bytes: Int) {
    Bench.say(
      Bench.pad(name, 36) + Bench.pad(Bench.grouped(Int(Double(rows) / max(wall, 1e-9))), 12)
        + Bench.pad(Bench.grouped(Int(Double(rows) / max(processor, 1e-9))), 16)
        + Bench.pad("\(Int(Double(bytes) / max(wall, 1e-9) / 1e6))", 10) + peakText)
  }

  /// A program that is started begins with the peak of the one that starts it: a smaller one cannot be told.
  var peakText: String {
    var usage = rusage()
    guard unsafe getrusage(RUSAGE_SELF.rawValue, &usage) == 0, peakMiB > usage.ru_maxrss / 1_024 else { return "-" }
    return "\(peakMiB)"
  }

  /// The program that is measured: the one beside this.
  static var program: String {
    guard let resolved = unsafe realpath("/proc/self/exe", nil) else { return "message-trace" }
    defer { unsafe free(resolved) }
    let own = unsafe String(cString: resolved)
    return own.hasSuffix("-bench") ? String(own.dropLast("-bench".count)) : "message-trace"
  }
}
