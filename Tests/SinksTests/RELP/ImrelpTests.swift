// Into rsyslog's own imrelp, restarted and killed under way. The long form and its table:
//
//     MESSAGE_TRACE_RELP=long swift test --filter ImrelpTests     1,000,000 events, 100 restarts, and a plain sender

internal import Glibc
internal import IntakeCore
internal import IntakeTesting
internal import Synchronization
internal import Testing

@testable import Sinks
@testable import message_trace

@Suite("Into rsyslog's imrelp", .serialized, .enabled(if: Imrelp.isWanted, "rsyslog-relp or openssl is not installed"))
struct ImrelpTests {
  /// As the program does: libssl writes without MSG_NOSIGNAL.
  init() { signal(SIGPIPE, SIG_IGN) }

  private static let isLong = unsafe getenv("MESSAGE_TRACE_RELP").map { unsafe String(cString: $0) } == "long"

  private func trial(_ signal: Int32) -> BreakTrial {
    Self.isLong
      ? BreakTrial(batches: 1_000, perBatch: 1_000, breaks: 100, signal: signal, seed: 1)
      : BreakTrial(batches: 10, perBatch: 400, breaks: 3, signal: signal, seed: 1)
  }

  private func connector(_ receiver: RealReceiver, _ folder: ScratchFolder, secure: Bool = false) throws
    -> any Connector
  {
    let address = try #require(NetworkAddress("127.0.0.1:\(receiver.port)"))
    guard secure else { return PlainConnector(area: "sink.relp", address: address) }
    let options = try SyslogOptions(.relps, query: "ca=\(folder("ca.pem"))", spec: "relps://trial")
    return TLSConnector(address: address, options: options, area: "sink.relp")
  }

  @Test("every message arrives once, whole, over TCP and TLS; check opens a session", arguments: ["relp", "relps"])
  func delivered(scheme: String) async throws {
    let folder = try ScratchFolder()
    _ = try Certificates.usual(folder)
    let receiver = try RealReceiver(in: folder) {
      Imrelp.configuration(folder, $0, secure: scheme == "relps", text: "%msg%")
    }
    try await receiver.start()
    defer { receiver.stop(SIGKILL) }
    let options = scheme == "relps" ? "?ca=\(folder("ca.pem"))" : ""
    let spec = try SinkSpec(parsing: "\(scheme)://localhost:\(receiver.port)\(options)")
    try spec.reach()
    let sink = try spec.makeSink(log: .silent, time: .system)
    for sequence in 1...3 as ClosedRange<UInt64> {
      _ = try await sink.deliver(SinkContract.entry(sequence, count: 500), from: SinkPosition(sequence: sequence - 1))
    }
    await sink.close()
    // Its queue is direct: what is answered is written.
    let ids = try receiver.lines().map { try JSONValue(parsing: Array($0))["event.id"]?.string }
    #expect(ids == (1...3).flatMap { batch in (0..<500).map { "\(batch)-\($0)" } })
  }

  @Test("the configuration in the help takes our events and has written them when it answers")
  func help() async throws {
    let folder = try ScratchFolder()
    let receiver = try RealReceiver(in: folder) { port in
      [("/var/log/message-trace.ndjson", folder("got")), ("2514", "\(port)")].reduce("\(SyslogHelp.imrelp)\n") {
        $0.split(separator: $1.0, omittingEmptySubsequences: false).joined(separator: $1.1)
      }
    }
    try await receiver.start()
    defer { receiver.stop(SIGKILL) }
    let sink = try SinkSpec(parsing: "relp://127.0.0.1:\(receiver.port)").makeSink(log: .silent, time: .system)
    _ = try await sink.deliver(SinkContract.entry(1, count: 50), from: SinkPosition(sequence: 0))
    let ids = try receiver.lines().map { try JSONValue(parsing: Array($0))["event.id"]?.string }
    #expect(ids == (0..<50).map { "1-\($0)" })
  }

  @Test("keeps the contract of sinks")
  func contract() async throws {
    let folder = try ScratchFolder()
    let receiver = try RealReceiver(in: folder) { Imrelp.configuration(folder, $0, text: "%msg%") }
    try await receiver.start()
    defer { receiver.stop(SIGKILL) }
    let spec = try SinkSpec(parsing: "relp://127.0.0.1:\(receiver.port)")
    let expected = SinkContract.lines(1) + SinkContract.lines(2) + SinkContract.lines(3)
    try await SinkContract(repeats: .atMostTheBatchInDoubt) {
      try spec.makeSink(log: .silent, time: .system)
    } received: {
      // What arrives is ASCII with escapes: the same JSON.
      try receiver.lines().map { line in
        let value = try JSONValue(parsing: Array(line))
        return try expected.first { try JSONValue(parsing: Array($0.utf8)) == value } ?? "unknown"
      }
    }.check()
  }

  @Test(
    "restarted or killed over and over with a direct queue it loses nothing of ours, and repeats at most what was not answered",
    arguments: [(SIGTERM, false), (SIGKILL, false), (SIGTERM, true), (SIGKILL, true)])
  func broken(signal: Int32, isSecure: Bool) async throws {
    let folder = try ScratchFolder()
    if isSecure { _ = try Certificates.usual(folder) }
    let receiver = try RealReceiver(in: folder) { Imrelp.configuration(folder, $0, secure: isSecure) }
    let sink = RELPSink(
      name: "trial", options: try SyslogOptions(.relp, query: "", spec: "relp://trial"),
      connector: try connector(receiver, folder, secure: isSecure), log: .silent, time: .system)
    let trial = trial(signal)
    let outcome = try await trial.run(receiver) { try await BreakTrial.deliver($0, sink) }
    Self.tell("ours", signal, isSecure, outcome)
    #expect(outcome.lost == 0, "\(outcome)")
    // A batch that is given back is repeated whole; all else repeats a window.
    #expect(outcome.repeated <= outcome.breaks * trial.perBatch, "\(outcome)")
  }

  @Test("a sender that does not wait for answers loses what was on its way: the trial shows what it is for")
  func plain() async throws {
    guard Self.isLong else { return }
    for signal in [SIGTERM, SIGKILL] {
      let folder = try ScratchFolder()
      let receiver = try RealReceiver(in: folder) { Imrelp.configuration(folder, $0) }
      let sender = PlainRELPSender(connector: try connector(receiver, folder))
      let outcome = try await trial(signal).run(receiver) { try sender.send($0) }
      Self.tell("plain", signal, false, outcome)
      #expect(outcome.lost > 0)
    }
  }

  private static func tell(_ sender: String, _ signal: Int32, _ isSecure: Bool, _ outcome: BreakTrial.Outcome) {
    guard isLong else { return }
    let name = signal == SIGTERM ? "SIGTERM" : "SIGKILL"
    print("imrelp \(isSecure ? "TLS" : "TCP") \(name) \(sender): \(outcome)")
  }
}

/// Configurations of rsyslog's RELP input.
enum Imrelp {
  static var isWanted: Bool {
    let isCI = unsafe getenv("CI").map { unsafe String(cString: $0) } == "true"
    return isCI
      || isThere("imrelp") && InstalledProgram.path(of: "rsyslogd") != nil
        && InstalledProgram.path(of: "openssl") != nil
  }

  /// True if rsyslog has that module.
  static func isThere(_ module: String) -> Bool {
    let places = ["x86_64-linux-gnu/", "aarch64-linux-gnu/", ""].map { "/usr/lib/\($0)rsyslog/\(module).so" }
    return places.contains { unsafe access($0, R_OK) == 0 }
  }

  /// - Parameter text: of each line that is written.
  static func configuration(
    _ folder: ScratchFolder, _ port: UInt16, secure: Bool = false, text: String = "%structured-data%"
  ) -> String {
    let tls = """
       tls="on" tls.caCert="\(folder("ca.pem"))" tls.myCert="\(folder("server.pem"))"
        tls.myPrivKey="\(folder("server.key"))"
      """
    return """
      global(workDirectory="\(folder.path)")
      main_queue(queue.type="direct")
      module(load="imrelp" tls.tlslib="openssl")
      input(type="imrelp" address="127.0.0.1" port="\(port)"\(secure ? tls : ""))
      template(name="raw" type="string" string="\(text)\\n")
      action(type="omfile" file="\(folder("got"))" template="raw")

      """
  }
}

/// Writes RELP frames, reconnects when writing fails, and writes again what failed; no answer is looked at.
private final class PlainRELPSender: Sendable {
  private struct State {
    var connection: (any StreamConnection)?
    var transaction = 0
  }

  private let connector: any Connector
  private let state = Mutex(State())

  init(connector: any Connector) { self.connector = connector }

  func send(_ entry: JournalEntry) throws {
    let format = SyslogFormat(try SyslogOptions(.relp, query: "", spec: "plain"), framing: nil)
    let batch = RELPBatch(entry)
    for from in stride(from: 0, to: entry.entries.count, by: 20) {
      let messages = (from..<min(from + 20, entry.entries.count)).map { index in
        var message: [UInt8] = []
        format.append(batch.line(index), entry.entries[index], to: &message)
        return message
      }
      try send(messages)
    }
  }

  private func send(_ messages: [[UInt8]]) throws {
    for _ in 0..<2_000 {
      do { return try state.withLock { try attempt(messages, &$0) } } catch {
        state.withLock { $0 = State() }
        usleep(10_000)
      }
    }
    throw FileFault(.write, "plain", ETIMEDOUT)
  }

  private func attempt(_ messages: [[UInt8]], _ state: inout State) throws {
    var piece: [UInt8] = []
    if state.connection == nil {
      state = State(connection: try connector.connect(name: "plain"), transaction: 1)
      RELPFrame.append(1, "open", Array("relp_version=0\nrelp_software=x\ncommands=syslog".utf8), to: &piece)
    }
    for message in messages {
      state.transaction += 1
      RELPFrame.append(state.transaction, "syslog", message, to: &piece)
    }
    try state.connection?.send(piece)
  }
}
