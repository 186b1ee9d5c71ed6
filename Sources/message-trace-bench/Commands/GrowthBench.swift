// Cost as work grows: from ten thousand rows to ten million.

internal import Glibc
internal import IntakeCore

enum GrowthBench {
  private static let sizes = [10_000, 100_000, 1_000_000, 10_000_000]

  /// - Parameter most: rows of the largest measurement.
  static func run(most: Int) throws(Failure) {
    let files = try BenchFiles(rows: 10_000)
    defer { files.remove() }
    let sizes = sizes.filter { $0 <= max(most, 10_000) }
    Bench.say("\nCPU seconds, and peak MiB, as rows grow; slope: by which power the time grows in the last step")
    Bench.say(Bench.pad("", 16) + sizes.map { Bench.pad(Bench.grouped($0), 18) }.joined() + "slope")
    try tell("normalise", sizes) { size in
      let rows = [String](repeating: files("graph.ndjson"), count: size / 10_000)
      return WholeRun.best([WholeRun.program, "normalise"] + rows, runs: runs(size))
    }
    for name in ["verify", "report"] { try tell(name, sizes) { size in events(name, size, files) } }
  }

  private static func tell(
    _ name: String, _ sizes: [Int], _ measure: (_ size: Int) -> WholeRun?
  ) throws(Failure) {
    var line = Bench.pad(name, 16)
    var seconds: [Double] = []
    for size in sizes {
      guard let run = measure(size) else { throw CommandBench.failed([name]) }
      seconds.append(run.processor)
      line += Bench.pad("\(Bench.hundredths(run.processor)) s, \(run.peakText)", 18)
    }
    Bench.say(line + Bench.slope(seconds))
    Summary.ofRun.note(.growth, "`\(name)` \(Bench.slope(seconds))")
  }

  private static func runs(_ size: Int) -> Int { size < 1_000_000 ? 3 : 1 }

  /// Reads events as they are made, each with an id of its own: the same rows of one tenant after the other.
  private static func events(_ name: String, _ size: Int, _ files: BenchFiles) -> WholeRun? {
    var best: WholeRun?
    for _ in 0..<runs(size) {
      let pipe = files("pipe")
      unsafe unlink(pipe)
      guard unsafe mkfifo(pipe, 0o600) == 0 else { return nil }
      let script = """
        i=0
        while [ $i -lt \(size / 10_000) ]; do
          "$0" normalise "$1" --tenant "t$i.example" || exit
          i=$((i + 1))
        done > "$2"
        """
      guard let writer = Child(["sh", "-c", script, WholeRun.program, files("graph.ndjson"), pipe]) else { return nil }
      guard let run = WholeRun.best([WholeRun.program, name, pipe], runs: 1) else {
        writer.end()
        return nil
      }
      guard writer.succeeds() else { return nil }
      if run.processor < best?.processor ?? .infinity { best = run }
    }
    return best
  }
}
