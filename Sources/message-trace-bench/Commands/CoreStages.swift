// The core's stages alone, on one thread of this process, in the same columns as whole commands.

internal import Glibc
internal import IntakeCore

enum CoreStages {
  static func run(_ rows: Int) throws(Failure) {
    for name in ["graph", "reporting"] {
      let benchmark = try NormaliserBenchmark(mapping: try Bench.mapping(name))
      for depth in NormaliserBenchmark.Depth.allCases { measure(benchmark, depth, name, rows) }
    }
  }

  private static func measure(
    _ benchmark: NormaliserBenchmark, _ depth: NormaliserBenchmark.Depth, _ name: String, _ rows: Int
  ) {
    var best: (run: WholeRun, result: NormaliserBenchmark.Result)?
    for _ in 0..<3 {
      let before = SyslogBench.clock(CLOCK_PROCESS_CPUTIME_ID)
      let result = benchmark.run(depth, rows: rows)
      let processor = SyslogBench.clock(CLOCK_PROCESS_CPUTIME_ID) - before
      let run = WholeRun(wall: result.seconds, processor: processor, peakMiB: result.peakKiB / 1_024)
      if processor < best?.run.processor ?? .infinity { best = (run, result) }
    }
    guard let (run, result) = best else { return }
    run.tell(
      "core: \(depth.text), \(name)", rows: result.rows, bytes: result.bytesIn, peak: "\(run.peakMiB)")
  }
}

extension NormaliserBenchmark.Depth {
  fileprivate var text: String {
    switch self {
    case .envelope: "rows found"
    case .scan: "columns found"
    case .known: "row known already"
    case .map: "row to event"
    }
  }
}
