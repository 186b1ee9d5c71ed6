// Cost as work grows: from ten thousand rows to ten million.

internal import Glibc
internal import IntakeCore

enum GrowthBench {
  private static let sizes = [10_000, 100_000, 1_000_000, 10_000_000]

  static func run() throws(Failure) {
    let files = try BenchFiles(rows: 10_000)
    defer { files.remove() }
    let rows = files("graph.ndjson")
    let events = files("events.ndjson")
    guard Program.run([WholeRun.program, "normalise", rows], output: events) else {
      throw CommandBench.failed(["normalise"])
    }
    Bench.say("\nCPU seconds, and peak MiB, as rows grow; slope: by which power the time grows in the last step")
    Bench.say(Bench.pad("", 16) + sizes.map { Bench.pad(Bench.grouped($0), 18) }.joined() + "slope")
    try tell("normalise", ["normalise"], rows)
    try tell("verify", ["verify"], events)
    try tell("report", ["report"], events)
  }

  /// The same file again and again: `verify` finds the repeats, which are its exit status 65.
  private static func tell(_ name: String, _ words: [String], _ path: String) throws(Failure) {
    var line = Bench.pad(name, 16)
    var seconds: [Double] = []
    for size in sizes {
      let paths = [String](repeating: path, count: size / 10_000)
      guard let run = WholeRun.best([WholeRun.program] + words + paths, runs: size < 1_000_000 ? 3 : 1, exits: [0, 65])
      else { throw CommandBench.failed(words) }
      seconds.append(run.processor)
      line += Bench.pad("\(Bench.hundredths(run.processor)) s, \(run.peakText)", 18)
    }
    Bench.say(line + Bench.slope(seconds))
  }
}
