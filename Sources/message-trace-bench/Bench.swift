// `message-trace-bench`: how fast rows become events here, and beside it, in the same run, jq and Python doing the like.
//
//     swift run -c release message-trace-bench [ROWS]
//     swift run -c release message-trace-bench week [TENANTS] [DAYS] [SECONDS]     see Week.swift

internal import Glibc
internal import IntakeCore
internal import Mappings
internal import Normaliser

@main
struct Bench {
  static func main() async {
    let arguments = CommandLine.arguments.dropFirst()
    if arguments.first == SyslogBench.drainArgument { return SyslogBench.drain() }
    if arguments.first == "week" { exit(await week(arguments.dropFirst().compactMap { Int($0) })) }
    let rows = arguments.first.flatMap { Int($0) } ?? 1_000_000
    do throws(Failure) {
      try measure(rows)
      try comparePeers()
      try await SyslogBench.run(try NormaliserBenchmark(mapping: try mapping("graph")).batch(), events: rows)
    } catch {
      say("error: \(error.sentence)")
      exit(error.exit.rawValue)
    }
  }

  /// The exit status: 0 if the week went well.
  private static func week(_ numbers: [Int]) async -> Int32 {
    let root = unsafe getenv("TMPDIR").map { unsafe String(cString: $0) } ?? "/tmp"
    var folder = Array("\(root)/message-trace-week-XXXXXX".utf8CString)
    guard unsafe mkdtemp(&folder) != nil else { return ExitCode.cannotCreate.rawValue }
    let path = String(decoding: folder.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    defer { Peers.remove(path) }
    do throws(Failure) {
      let normaliser = try Normaliser(
        mapping: try mapping("graph"), settings: NormaliserSettings(tenant: "contoso.onmicrosoft.com"))
      return await Week(numbers, folder: path, normaliser: normaliser).run() ? 0 : ExitCode.bug.rawValue
    } catch {
      say("error: \(error.sentence)")
      return error.exit.rawValue
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
