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
    Bench.say("\ncollect, one pass over about \(Bench.grouped(rows)) rows in pages of 5,000, whole process")
    Bench.say("sink       events      processor, user and system")
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
    let before = SyslogBench.childSeconds
    let command = [
      program, "collect", "--mode", "graph", "--tenant", "contoso.onmicrosoft.com", "--client-id", client,
      "--graph-url", origin, "--authority", origin, "--state", "\(folder)/state", "--page-size", "5000", "--sink",
      sink(folder),
    ]
    guard Program.run(command, output: "/dev/null") else { throw failed("Collecting from the simulator") }
    let seconds = SyslogBench.childSeconds - before
    let status = try FileBytes.read("\(folder)/state/status.json", purpose: "status")
    let events = (try? JSONValue(parsing: status))?["ledger"]?.integer ?? 0
    simulator.end()
    isRunning = false
    let each = Int((seconds / Double(max(1, events)) * 1e7).rounded())
    Bench.say(
      Bench.pad(name, 11) + Bench.pad(Bench.grouped(Int(events)), 12)
        + "\(each / 10).\(each % 10) µs an event")
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
