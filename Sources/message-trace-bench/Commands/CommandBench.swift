// Whole commands beside the core's stages and other programs, with the same rows; results are compared before anything is
// timed.

internal import Glibc
internal import IntakeCore
internal import Normaliser

enum CommandBench {
  private static let options = ["--tenant", "contoso.onmicrosoft.com", "--local-domains", "contoso.com"]

  /// - Parameter rows: of each file of a command; the core's stages get a million.
  static func run(rows: Int) throws(Failure) {
    heading("the core's stages, whole commands and other programs")
    try CoreStages.run(max(rows, 1_000_000))
    let files = try BenchFiles(rows: rows)
    defer { files.remove() }
    try compareForms(files)
    let ours = try timeCommands(files)
    try timePeers(files, ours)
  }

  static func heading(_ what: String) {
    Bench.say("\n\(what); best of three by CPU time; output of programs into /dev/null")
    Bench.say(WholeRun.heading)
  }

  /// - Returns: the run over rows of Graph on lines.
  private static func timeCommands(_ files: BenchFiles) throws(Failure) -> WholeRun {
    let ours = try time("normalise, Graph, rows on lines", "normalise", [files("graph.ndjson")], files)
    Summary.ofRun.note(.normalise, ours.rates(files.rows, "events"))
    let forms = [
      ("normalise, Graph, page files", files.pages("graph")),
      ("normalise, Reporting, rows on lines", [files("reporting.ndjson")]),
      ("normalise, Reporting, page files", files.pages("reporting")), ("normalise, CSV export", [files("export.csv")]),
    ]
    for (name, paths) in forms { _ = try time(name, "normalise", paths, files) }
    let events = files("events.ndjson")
    guard Program.run([WholeRun.program, "normalise", files("graph.ndjson")] + options, output: events) else {
      throw failed(["normalise"])
    }
    for name in ["verify", "report"] {
      let run = try time(name, name, [events], files)
      Summary.ofRun.note(.files, "`\(name)` \(run.rates(files.size([events]) / 1_000_000, "MB"))")
    }
    return ours
  }

  private static func time(
    _ name: String, _ command: String, _ paths: [String], _ files: BenchFiles
  ) throws(Failure) -> WholeRun {
    let words = [command] + paths + (command == "normalise" ? options : [])
    guard let run = WholeRun.best([WholeRun.program] + words) else { throw failed(words) }
    run.tell(name, rows: files.rows, bytes: files.size(paths))
    return run
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

  /// Those marked with a star get all rows, the others 20,000.
  private static func timePeers(_ files: BenchFiles, _ ours: WholeRun) throws(Failure) {
    guard Peers.prepare(files.folder) else {
      throw Failure("bench.folder", exit: .cannotCreate, "Writing the programs of the peers to \(files.folder).")
    }
    let sample = try sample().batch().bytes
    for peer in Peers.all {
      guard Program.run(peer.probe(files.folder), output: "/dev/null") else {
        Bench.say(Bench.pad(peer.name, 44) + "not installed")
        continue
      }
      try compare(peer, files, sample)
      let input = peer.isFast ? "graph" : "page"
      let path = files("\(input).\(peer.readsLines ? "ndjson" : "json")")
      guard let run = WholeRun.best(peer.command(files.folder, input), runs: 2) else { continue }
      let rows = peer.isFast ? files.rows : 20_000
      let lacks = peer.lacks.isEmpty ? "" : ", without \(peer.lacks.sorted().joined(separator: ", "))"
      run.tell(peer.name + (peer.isFast ? " *" : "") + lacks, rows: rows, bytes: files.size([path]))
      let times = (run.wall / Double(rows)) / (ours.wall / Double(files.rows))
      Summary.ofRun.note(.peers, "\(peer.name) \(WholeRun.rate(rows, run.wall))/s (ours × \(Bench.tenths(times)))")
    }
  }

  /// A peer that does not give the events that we give is no comparison: that is an error.
  private static func compare(_ peer: Peer, _ files: BenchFiles, _ ours: [UInt8]) throws(Failure) {
    let isDone = Program.run(peer.command(files.folder, "sample"), output: files("out.ndjson"))
    let theirs = isDone ? try FileBytes.read(files("out.ndjson"), purpose: "peer's events") : []
    if let difference = Peers.difference(ours, theirs, lacks: peer.lacks) {
      throw Failure("bench.peer", exit: .bug, "Comparing the events of \(peer.name) with ours: \(difference).")
    }
  }
}
