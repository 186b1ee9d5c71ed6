// `message-trace-bench`: how fast rows become events here, and beside it, in the same run, jq and Python doing the like.
//
//     swift run -c release message-trace-bench [ROWS]
//     swift run -c release message-trace-bench ROWS graph map     one measurement, run once: what a profiler is put on

internal import Glibc
internal import IntakeCore
internal import Mappings
internal import Normaliser

@main
struct Bench {
  static func main() {
    let words = Array(CommandLine.arguments.dropFirst())
    let rows = words.first.flatMap { Int($0) } ?? 1_000_000
    do throws(Failure) {
      if words.count == 3, let depth = NormaliserBenchmark.Depth(rawValue: words[2]) {
        let result = try NormaliserBenchmark(mapping: try mapping(words[1])).run(depth, rows: rows)
        return say("\(grouped(Int(result.eventsPerSecond))) events/s, peak \(result.peakKiB / 1_024) MiB")
      }
      try measure(rows)
      try comparePeers()
    } catch {
      say("error: \(error.sentence)")
      exit(error.exit.rawValue)
    }
  }

  private static func measure(_ rows: Int) throws(Failure) {
    say("one core, \(rows) generated rows; best of three\n")
    say("service    what       events/s      MB/s in   peak MiB")
    for name in ["graph", "reporting"] {
      let benchmark = try NormaliserBenchmark(mapping: try mapping(name))
      for depth in NormaliserBenchmark.Depth.allCases {
        let runs = (0..<3).map { _ in benchmark.run(depth, rows: rows) }
        guard let best = runs.min(by: { $0.seconds < $1.seconds }) else { continue }
        say(
          pad(name, 11) + pad(depth.rawValue, 11) + pad(grouped(Int(best.eventsPerSecond)), 14)
            + pad(grouped(Int(best.megabytesPerSecond)), 10) + "\(best.peakKiB / 1_024)")
      }
    }
  }

  /// The same page through each program that is installed: whole processes, start included, as one would use them.
  private static func comparePeers() throws(Failure) {
    let folder = "/tmp/message-trace-bench-\(getpid())"
    unsafe mkdir(folder, 0o700)
    defer { Peers.remove(folder) }
    let runs = 4
    let benchmark = try NormaliserBenchmark(mapping: try mapping("graph"), rowsInPage: 20_000)
    let ours = benchmark.rowsInPage
    guard Peers.write(benchmark.document, to: "\(folder)/page.json"),
      Peers.write(Array(Peers.jq.utf8), to: "\(folder)/map.jq"),
      Peers.write(Array(Peers.python.utf8), to: "\(folder)/map.py")
    else { throw Failure("bench.folder", exit: .cannotCreate, "Writing the page for the peers to \(folder).") }
    say("\nthe same \(ours) graph rows, mapped to 13 fields by others (\(runs) runs, whole processes, best)")
    for peer in Peers.all {
      guard let seconds = Peers.time(peer, folder: folder, runs: runs) else {
        say(pad(peer.name, 22) + "not installed")
        continue
      }
      say(pad(peer.name, 22) + grouped(Int(Double(ours) / seconds)) + " events/s")
    }
  }

  private static func mapping(_ name: String) throws(Failure) -> Mapping {
    let text = EmbeddedMapping.all.first { $0.file == "\(name).json" }?.text ?? ""
    return try Mapping(parsing: Array(text.utf8), file: "\(name).json")
  }

  private static func pad(_ text: String, _ width: Int) -> String {
    text + String(repeating: " ", count: max(1, width - text.utf8.count))
  }

  private static func grouped(_ number: Int) -> String {
    var digits = String(number)
    var result = ""
    while digits.utf8.count > 3 {
      result = ",\(digits.suffix(3))\(result)"
      digits = String(digits.dropLast(3))
    }
    return digits + result
  }

  static func say(_ line: String) {
    let bytes = Array("\(line)\n".utf8)
    _ = unsafe write(STDOUT_FILENO, bytes, bytes.count)
  }
}
