// Runs and times other programs as child processes.

internal import Glibc

enum Program {
  /// Seconds of the fastest run with its output thrown away; nil if the program is not there or fails.
  static func time(_ command: [String], runs: Int) -> Double? {
    var best: Double?
    for _ in 0..<max(1, runs) {
      let clock = ContinuousClock()
      let start = clock.now
      guard run(command, output: "/dev/null") else { return nil }
      let seconds = (clock.now - start) / .seconds(1)
      best = min(best ?? seconds, seconds)
    }
    return best
  }

  /// True if it ended with 0; its standard output is in the file by then.
  static func run(_ command: [String], output: String) -> Bool {
    Child(command, output: output)?.succeeds() ?? false
  }

  static func write(_ bytes: [UInt8], to path: String) -> Bool {
    let descriptor = unsafe open(path, O_CREAT | O_WRONLY | O_TRUNC, 0o600)
    guard descriptor >= 0 else { return false }
    defer { close(descriptor) }
    var rest = bytes[...]
    while !rest.isEmpty {
      let count = unsafe rest.withUnsafeBytes { unsafe Glibc.write(descriptor, $0.baseAddress, $0.count) }
      guard count > 0 else { return false }
      rest = rest.dropFirst(count)
    }
    return true
  }

  static func remove(_ folder: String) { _ = run(["rm", "-rf", folder], output: "/dev/null") }
}
