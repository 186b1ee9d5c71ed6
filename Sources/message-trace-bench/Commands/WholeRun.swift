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

  static let heading = Bench.pad("", 44) + "rows/s      rows/s of CPU   MB/s in   MB/s of CPU   peak MiB"

  /// - Parameters:
  ///   - rows: that were read.
  ///   - bytes: that were read.
  ///   - peak: in MiB; nil for that of the whole program.
  func tell(_ name: String, rows: Int, bytes: Int, peak: String? = nil) {
    Bench.say(
      Bench.pad(name, 44) + Bench.pad(Self.rate(rows, wall), 12) + Bench.pad(Self.rate(rows, processor), 16)
        + Bench.pad(Self.rate(bytes / 1_000_000, wall), 10) + Bench.pad(Self.rate(bytes / 1_000_000, processor), 14)
        + (peak ?? peakText))
  }

  /// For the README.
  func rates(_ count: Int, _ unit: String) -> String {
    "\(Self.rate(count, processor)) \(unit)/s of CPU, \(Self.rate(count, wall)) by the clock"
  }

  /// So many in a second, with thousands apart.
  static func rate(_ count: Int, _ seconds: Double) -> String {
    Bench.grouped(Int((Double(count) / max(seconds, 1e-9)).rounded()))
  }

  /// A program that is started begins with the peak of the one that starts it: a smaller one cannot be told.
  var peakText: String {
    var usage = rusage()
    guard unsafe getrusage(RUSAGE_SELF.rawValue, &usage) == 0 else { return "-" }
    let own = usage.ru_maxrss / 1_024
    return peakMiB > own ? "\(peakMiB)" : "≤ \(own)"
  }

  /// The program that is measured: the one beside this.
  static var program: String {
    guard let resolved = unsafe realpath("/proc/self/exe", nil) else { return "message-trace" }
    defer { unsafe free(resolved) }
    let own = unsafe String(cString: resolved)
    return own.hasSuffix("-bench") ? String(own.dropLast("-bench".count)) : "message-trace"
  }
}
