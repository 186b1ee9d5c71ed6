// Whole commands beside other programs, with the same rows; results are compared before anything is timed.

internal import Glibc
internal import IntakeCore
internal import Normaliser

enum CommandBench {
  private static let options = ["--tenant", "contoso.onmicrosoft.com", "--local-domains", "contoso.com"]

  static func run(_ files: BenchFiles) throws(Failure) {
    try compareForms(files)
    Bench.say("\nwhole commands, \(Bench.grouped(files.rows)) rows, best of three by CPU time; output into /dev/null")
    Bench.say(WholeRun.heading)
    let forms = [
      ("normalise, Graph, rows on lines", [files("graph.ndjson")]),
      ("normalise, Graph, page files", files.pages("graph")),
      ("normalise, Reporting, rows on lines", [files("reporting.ndjson")]),
      ("normalise, Reporting, page files", files.pages("reporting")), ("normalise, CSV export", [files("export.csv")]),
    ]
    for (name, paths) in forms { try time(name, ["normalise"] + paths + options, files.rows, files.size(paths)) }
    let events = files("events.ndjson")
    guard Program.run([WholeRun.program, "normalise", files("graph.ndjson")] + options, output: events) else {
      throw failed(["normalise"])
    }
    for name in ["verify", "report"] { try time(name, [name, events], files.rows, files.size([events])) }
    try comparePeers(files)
  }

  private static func time(_ name: String, _ words: [String], _ rows: Int, _ bytes: Int) throws(Failure) {
    guard let run = WholeRun.best([WholeRun.program] + words) else { throw failed(words) }
    run.tell(name, rows: rows, bytes: bytes)
  }

  static func failed(_ words: [String]) -> Failure {
    Failure(
      "bench.command", exit: .bug, "Running \(WholeRun.program) \(words.first ?? ""): it failed, or it is not there.",
      hint: "Build it first: swift build -c release")
  }

  /// The command's events from rows on lines and from an answer are those of the core.
  private static func compareForms(_ files: BenchFiles) throws(Failure) {
    let ours = try sample().batch().bytes
    for input in ["sample.json", "sample.ndjson"] {
      guard Program.run([WholeRun.program, "normalise", files(input)] + options, output: files("out.ndjson")) else {
        throw failed(["normalise"])
      }
      let theirs = try FileBytes.read(files("out.ndjson"), purpose: "events")
      if let difference = Peers.difference(ours, theirs, lacks: ["event.created"]) {
        throw Failure("bench.command", exit: .bug, "Comparing events from \(input) with the core's: \(difference).")
      }
    }
  }

  private static func sample() throws(Failure) -> NormaliserBenchmark {
    try NormaliserBenchmark(mapping: try Bench.mapping("graph"), rowsInPage: 1_000)
  }

  /// A peer that does not give the events that we give is no comparison: that is an error.
  private static func comparePeers(_ files: BenchFiles) throws(Failure) {
    guard Peers.prepare(files.folder) else {
      throw Failure("bench.folder", exit: .cannotCreate, "Writing the programs of the peers to \(files.folder).")
    }
    let ours = try sample().batch().bytes
    Bench.say("\nthe same mapping by other programs, Graph, whole processes; those without * get 20,000 rows")
    Bench.say(WholeRun.heading)
    for peer in Peers.all {
      guard Program.run(peer.command(files.folder, "sample"), output: files("out.ndjson")) else {
        Bench.say(Bench.pad(peer.name, 36) + "not installed")
        continue
      }
      let theirs = try FileBytes.read(files("out.ndjson"), purpose: "peer's events")
      if let difference = Peers.difference(ours, theirs, lacks: peer.lacks) {
        throw Failure("bench.peer", exit: .bug, "Comparing the events of \(peer.name) with ours: \(difference).")
      }
      let input = peer.isFast ? "graph" : "page"
      let path = files("\(input).\(peer.readsLines ? "ndjson" : "json")")
      guard let run = WholeRun.best(peer.command(files.folder, input), runs: 2) else { continue }
      let lacks = peer.lacks.isEmpty ? "" : ", without \(peer.lacks.sorted().joined(separator: ", "))"
      run.tell(
        peer.name + (peer.isFast ? " *" : "") + lacks, rows: peer.isFast ? files.rows : 20_000,
        bytes: files.size([path]))
    }
  }
}
