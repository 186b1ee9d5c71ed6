// `message-trace-bench`: how fast rows become events here, and beside it, in the same run, jq and Python doing the like.
//
//     swift run -c release message-trace-bench [ROWS]
//     swift run -c release message-trace-bench ROWS sinks         the sinks alone; http, relp or kafka: that one
//     swift run -c release message-trace-bench ROWS collect       the whole command; ledger: as it grows to so many rows
//     swift run -c release message-trace-bench ROWS graph map     one measurement, run once: what a profiler is put on

internal import Glibc
internal import IntakeCore
internal import Mappings
internal import Normaliser

@main
struct Bench {
  static func main() async {
    let words = Array(CommandLine.arguments.dropFirst())
    if words.first == SyslogBench.drainArgument { return SyslogBench.drain() }
    if words.first == HTTPBench.receiveArgument { return (try? HTTPBench.receive()) ?? () }
    if words.first == KafkaBench.clusterArgument { return KafkaBench.serve() }
    let rows = words.first.flatMap { Int($0) } ?? 1_000_000
    do throws(Failure) {
      if words.count == 3, let depth = NormaliserBenchmark.Depth(rawValue: words[2]) {
        let result = try NormaliserBenchmark(mapping: try mapping(words[1])).run(depth, rows: rows)
        return say("\(grouped(Int(result.eventsPerSecond))) events/s, peak \(result.peakKiB / 1_024) MiB")
      }
      let batch = try NormaliserBenchmark(mapping: try mapping("graph")).batch()
      if words.count == 2 { return try await measureSinks(batch, rows, only: words[1]) }
      try measure(rows)
      try comparePeers()
      try await measureSinks(batch, rows)
    } catch {
      say("error: \(error.sentence)")
      exit(error.exit.rawValue)
    }
  }

  private static func measureSinks(
    _ batch: Batch, _ events: Int, only: String = "sinks"
  ) async throws(Failure) {
    if only == "collect" { return try CollectBench.run(rows: events) }
    if only == "ledger" { return try LedgerBench.run(most: events) }
    if only == "kafka" { return try await KafkaBench.run(batch, events: events) }
    if only == "http" { return try await HTTPBench.run(batch, events: events) }
    if only == "relp" { return try await RELPBench.run(batch, events: events) }
    try await SyslogBench.run(batch, events: events)
    try await RELPBench.run(batch, events: events)
    try await KafkaBench.run(batch, events: events)
    try await HTTPBench.run(batch, events: events)
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

  /// The same page through each program that is installed: whole processes, start included, as one would use them. A
  /// peer that does not give the events that we give is no comparison: that is said, and is an error.
  private static func comparePeers() throws(Failure) {
    let folder = "/tmp/message-trace-bench-\(getpid())"
    unsafe mkdir(folder, 0o700)
    defer { Program.remove(folder) }
    let sample = try NormaliserBenchmark(mapping: try mapping("graph"), rowsInPage: 1_000)
    let page = try NormaliserBenchmark(mapping: try mapping("graph"), rowsInPage: 20_000)
    guard Program.write(sample.document, to: "\(folder)/sample.json"),
      Program.write(page.document, to: "\(folder)/page.json"),
      Program.write(Array(Peers.jq.utf8), to: "\(folder)/map.jq"),
      Program.write(Array(Peers.python.utf8), to: "\(folder)/map.py")
    else { throw Failure("bench.folder", exit: .cannotCreate, "Writing the page for the peers to \(folder).") }
    say("\nthe same mapping by other programs: \(page.rowsInPage) graph rows, whole processes, best of 4 runs")
    for peer in Peers.all {
      guard Program.run(peer.command(folder, page: "sample.json"), output: "\(folder)/out.ndjson") else {
        say(pad(peer.name, 16) + "not installed")
        continue
      }
      let theirs = try FileBytes.read("\(folder)/out.ndjson", purpose: "peer's events")
      if let difference = Peers.difference(sample.batch().bytes, theirs, lacks: peer.lacks) {
        throw Failure("bench.peer", exit: .bug, "Comparing the events of \(peer.name) with ours: \(difference).")
      }
      guard let seconds = Program.time(peer.command(folder, page: "page.json"), runs: 4) else { continue }
      let lacks =
        peer.lacks.isEmpty ? "" : " except \(peer.lacks.sorted().joined(separator: ", ")), which it cannot make"
      say(
        pad(peer.name, 16) + pad(grouped(Int(Double(page.rowsInPage) / seconds)) + " events/s", 20)
          + "\(sample.rowsInPage) compared: the same events\(lacks)")
    }
  }

  private static func mapping(_ name: String) throws(Failure) -> Mapping {
    let text = EmbeddedMapping.all.first { $0.file == "\(name).json" }?.text ?? ""
    return try Mapping(parsing: Array(text.utf8), file: "\(name).json")
  }

  static func pad(_ text: String, _ width: Int) -> String {
    text + String(repeating: " ", count: max(1, width - text.utf8.count))
  }

  static func grouped(_ number: Int) -> String {
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
