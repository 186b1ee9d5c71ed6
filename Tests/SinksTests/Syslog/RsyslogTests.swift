// The real rsyslogd and syslog-ng take what we send whole, in every framing, with every acknowledgement.

internal import Glibc
internal import IntakeCore
internal import IntakeTesting
internal import Testing

@testable import Sinks

@Suite("Real receivers", .serialized)
struct RsyslogTests {
  /// As the program does: libssl writes without MSG_NOSIGNAL.
  init() { signal(SIGPIPE, SIG_IGN) }

  struct Case: Sendable, CustomTestStringConvertible {
    var program: RealReceiver.Program
    var scheme: String
    var query = ""
    var testDescription: String { "\(program.rawValue) \(scheme)?\(query)" }
  }

  static let cases = allCases.filter { RealReceiver.isWanted($0.program) }

  private static let allCases =
    RealReceiver.Program.allCases.flatMap { program in
      ["", "ack=eof-strict", "ack=kernel", "ack=none"].map { Case(program: program, scheme: "tcp", query: $0) }
        + ["", "ack=eof-strict", "ack=kernel"].map { Case(program: program, scheme: "tls", query: $0) }
    }
    + ["framing=newline", "framing=newline&ack=kernel", "format=rfc3164", "format=rfc3164&framing=newline"].map {
      Case(program: .rsyslogd, scheme: "tcp", query: $0)
    }

  /// The `event.id` of each line, all of whose JSON has to be ours.
  private func ids(_ receiver: RealReceiver) throws -> [String] {
    try receiver.lines().map { line in
      let start = try #require(line.firstIndex(of: 0x7B))
      let value = try JSONValue(parsing: Array(line[start...]))
      return try #require(value["event.id"]?.string)
    }
  }

  private func sink(_ receiver: RealReceiver, _ scheme: String, _ query: String) throws -> any Sink {
    let ca = scheme == "tls" ? "&ca=\(receiver.folder("ca.pem"))" : ""
    return try SinkSpec(parsing: "\(scheme)://127.0.0.1:\(receiver.port)?\(query)\(ca)")
      .makeSink(log: .silent, time: .system)
  }

  /// The program writes after it has read; without a wait for the end it is not even known to have read.
  private func deliver(_ entry: JournalEntry, _ sink: any Sink, to receiver: RealReceiver) async throws {
    _ = try await sink.deliver(entry, from: try await sink.open(at: SinkPosition(sequence: 0)))
    try await receiver.waitForLines(entry.entries.count)
    await sink.close()
    receiver.stop()
  }

  @Test("whole and in order", arguments: cases)
  func whole(_ fate: Case) async throws {
    let folder = try ScratchFolder()
    if fate.scheme == "tls" { _ = try Certificates.usual(folder) }
    let receiver = try RealReceiver(fate.program, in: folder, secure: fate.scheme == "tls", whole: true)
    try await receiver.start()
    try await deliver(SinkContract.entry(1, count: 1_000), try sink(receiver, fate.scheme, fate.query), to: receiver)
    #expect(try ids(receiver) == (0..<1_000).map { "1-\($0)" })
  }

  @Test("datagrams arrive whole", arguments: RealReceiver.Program.allCases.filter(RealReceiver.isWanted))
  func datagrams(_ program: RealReceiver.Program) async throws {
    let receiver = try RealReceiver(program, in: try ScratchFolder(), whole: true)
    try await receiver.start()
    try await deliver(SinkContract.entry(1, count: 200), try sink(receiver, "udp", "rate=4000"), to: receiver)
    #expect(Set(try ids(receiver)) == Set((0..<200).map { "1-\($0)" }))
  }

  /// Left alone, rsyslogd cuts after 8,096 bytes and reads the rest as a message of its own, header and all.
  @Test(
    "a subject as long as mail allows cannot make a second message in rsyslogd as it is delivered",
    .enabled(if: RealReceiver.isWanted(.rsyslogd), "rsyslogd or openssl is not installed"),
    arguments: ["tcp", "udp"], ["", "framing=newline"])
  func forged(scheme: String, query: String) async throws {
    guard scheme == "tcp" || query.isEmpty else { return }
    let receiver = try RealReceiver(in: try ScratchFolder(), whole: true)
    try await receiver.start()
    var entry = JournalEntry(sequence: 1, bytes: [], entries: [], cursors: [:])
    let forgery = "<14>1 2026-11-21T05:06:07Z bank login - - - {\\\"event.id\\\":\\\"forged\\\"} "
    for number in 0..<40 {
      let subject = String(repeating: "x", count: 7_700 + number * 10) + String(repeating: forgery, count: 100)
      entry.bytes.append(contentsOf: Array("{\"event.id\":\"\(number)\",\"email.subject\":\"\(subject)\"}\n".utf8))
      entry.entries.append(
        .init(
          identity: Identity(high: 1, low: UInt64(number)), received: Instant(seconds: 0), end: entry.bytes.count))
    }
    try await deliver(entry, try sink(receiver, scheme, query), to: receiver)
    #expect(try ids(receiver) == (0..<40).map { "\($0)" })
    #expect(!(try folder(receiver)).contains("forged"))
  }

  private func folder(_ receiver: RealReceiver) throws -> String { try receiver.folder.text("got") }
}
