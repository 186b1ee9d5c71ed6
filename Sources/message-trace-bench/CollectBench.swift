// What `collect` costs an event, as a whole process, from the simulator in pages of 5,000 into a file and into syslog.

internal import Glibc
internal import IntakeCore

enum CollectBench {
  /// - Parameter rows: about so many are collected, in one pass.
  static func run(rows: Int) throws(Failure) {
    let program = program
    guard unsafe access(program, X_OK) == 0 else {
      return Bench.say("\ncollect                 \(program) is not built")
    }
    Bench.say(
      "\ncollect, one pass over about \(Bench.grouped(rows)) rows in pages of 5,000, whole process, load \(Machine.load)"
    )
    Bench.say("sink       events      events/s   processor, user and system        peak MiB")
    try measure(program, rows, name: "file") { "file:\($0)/out.ndjson" }
    guard let receiver = SyslogReceiver() else { return }
    defer { receiver.end() }
    try measure(program, rows, name: "tcp") { _ in "tcp://127.0.0.1:\(receiver.port)" }
  }

  private static var program: String {
    let own = CommandLine.arguments.first ?? ""
    let folder = own.split(separator: "/", omittingEmptySubsequences: false).dropLast().joined(separator: "/")
    return folder.isEmpty ? "./message-trace" : "\(folder)/message-trace"
  }

  /// A simulator of its own for each measurement: it counts requests as Microsoft does.
  private static func measure(
    _ program: String, _ rows: Int, name: String, sink: (String) -> String
  ) throws(Failure) {
    let folder = "/tmp/message-trace-bench-\(getpid())-\(name)"
    unsafe mkdir(folder, 0o700)
    defer { Program.remove(folder) }
    let messages = "\(rows * 4 / 5)"
    guard
      let simulator = Child(
        [program, "simulate", "--messages", messages, "--hours", "6"], output: "\(folder)/settings")
    else { throw failed("Starting the simulator") }
    var isRunning = true
    defer { if isRunning { simulator.end() } }
    let (origin, client) = try settings("\(folder)/settings")
    unsafe setenv("MESSAGE_TRACE_CLIENT_SECRET", "simulated-secret", 1)
    let command = [
      program, "collect", "--mode", "graph", "--tenant", "contoso.onmicrosoft.com", "--client-id", client,
      "--graph-url", origin, "--authority", origin, "--state", "\(folder)/state", "--page-size", "5000", "--sink",
      sink(folder),
    ]
    guard let run = WholeRun.best(command, runs: 1) else { throw failed("Collecting from the simulator") }
    let status = try FileBytes.read("\(folder)/state/status.json", purpose: "status")
    let events = (try? JSONValue(parsing: status))?["ledger"]?.integer ?? 0
    simulator.end()
    isRunning = false
    let each = Bench.tenths(run.processor / Double(max(1, events)) * 1e6)
    Bench.say(
      Bench.pad(name, 11) + Bench.pad(Bench.grouped(Int(events)), 12)
        + Bench.pad(WholeRun.rate(Int(events), run.wall), 11) + Bench.pad("\(each) µs an event", 34) + run.peakText)
    Summary.ofRun.note(.collect, "\(each) µs into \(name == "file" ? "a file" : "syslog over TCP")")
  }

  /// What the simulator prints once it serves.
  private static func settings(_ path: String) throws(Failure) -> (origin: String, client: String) {
    for _ in 0..<1_200 {
      let words = String(decoding: (try? FileBytes.read(path, purpose: "settings")) ?? [], as: UTF8.self)
        .split { $0 == " " || $0 == "\n" }.map(String.init)
      if let origin = words.firstIndex(of: "--graph-url"), let client = words.firstIndex(of: "--client-id"),
        words.contains("--reporting-url")
      {
        return (words[origin + 1], words[client + 1])
      }
      usleep(100_000)
    }
    throw failed("Waiting for the simulator")
  }

  private static func failed(_ doing: String) -> Failure {
    Failure("bench.collect", exit: .system, "\(doing) failed.")
  }
}
