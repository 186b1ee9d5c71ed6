// `message-trace-bench`: what each stage, each command and each sink costs here, beside other programs that do the same.
//
//     swift build -c release && .build/release/message-trace-bench            every table, in under ten minutes, and the README's
//     message-trace-bench ROWS              the same with so many rows, events, identities and tenants at most: a trial of it
//     message-trace-bench ROWS SECTION      one of core, commands, collect, ledger, growth, tenants, sinks, http, relp, kafka
//     PATH=VENV/bin:$PATH message-trace-bench …   with the modules of a Python of your own: orjson, duckdb, polars
//     message-trace-bench ROWS graph map    one measurement, run once: what a profiler is put on

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
      if words.first == BenchFiles.makeArgument { return try BenchFiles.make(words) }
      if words.count == 3, let depth = NormaliserBenchmark.Depth(rawValue: words[2]) {
        let result = try NormaliserBenchmark(mapping: try mapping(words[1])).run(depth, rows: rows)
        return say("\(grouped(Int(result.eventsPerSecond))) events/s, peak \(result.peakKiB / 1_024) MiB")
      }
      guard words.count != 2 else { return try await run(words[1], rows) }
      try await runAll(words.isEmpty ? nil : rows)
    } catch {
      say("error: \(error.sentence)")
      exit(error.exit.rawValue)
    }
  }

  private static let sections = ["commands", "growth", "collect", "tenants", "ledger", "sinks"]

  /// Every table, and in the end the one for the README.
  private static func runAll(_ rows: Int?) async throws(Failure) {
    say("message-trace-bench on \(Machine.text)")
    for section in sections {
      let start = ContinuousClock.now
      try await run(section, rows)
      say("(\(section): \(tenths((ContinuousClock.now - start) / .seconds(1))) s, load \(Machine.load))")
    }
    Summary.ofRun.say()
  }

  /// - Parameter rows: nil: so many that the section takes about a minute.
  private static func run(_ section: String, _ rows: Int?) async throws(Failure) {
    switch section {
    case "core":
      CommandBench.heading("the core's stages")
      try CoreStages.run(rows ?? 1_000_000)
    case "commands": try CommandBench.run(rows: rows ?? 300_000)
    case "collect": try CollectBench.run(rows: rows ?? 300_000)
    case "ledger": try LedgerBench.run(most: rows ?? 50_000_000)
    case "growth": try GrowthBench.run(most: rows ?? 10_000_000)
    case "tenants": try TenantBench.run(largest: rows ?? 1_000)
    default:
      let batch = try NormaliserBenchmark(mapping: try mapping("graph")).batch()
      try await measureSinks(batch, rows ?? 200_000, only: section)
    }
  }

  private static func measureSinks(_ batch: Batch, _ events: Int, only: String) async throws(Failure) {
    let all = only == "sinks"
    if all || only == "syslog" { try await SyslogBench.run(batch, events: events) }
    if all || only == "relp" { try await RELPBench.run(batch, events: events) }
    if all || only == "kafka" { try await KafkaBench.run(batch, events: events) }
    if all || only == "http" { try await HTTPBench.run(batch, events: events) }
  }

  static func mapping(_ name: String) throws(Failure) -> Mapping {
    let text = EmbeddedMapping.all.first { $0.file == "\(name).json" }?.text ?? ""
    return try Mapping(parsing: Array(text.utf8), file: "\(name).json")
  }

  static func pad(_ text: String, _ width: Int) -> String {
    text + String(repeating: " ", count: max(1, width - text.utf8.count))
  }

  static func tenths(_ number: Double) -> String {
    let tenths = Int((number * 10).rounded())
    return "\(tenths / 10).\(tenths % 10)"
  }

  static func hundredths(_ number: Double) -> String {
    let whole = Int((abs(number) * 100).rounded())
    return "\(number < 0 && whole > 0 ? "-" : "")\(whole / 100).\(whole / 10 % 10)\(whole % 10)"
  }

  /// The power by which the last of numbers grows over the one before, where the work grows tenfold.
  static func slope(_ numbers: [Double]) -> String {
    guard let last = numbers.last, let before = numbers.dropLast().last, before > 0, last > 0 else { return "-" }
    return hundredths(log10(last / before))
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
