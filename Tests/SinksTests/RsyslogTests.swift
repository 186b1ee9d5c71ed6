// The real rsyslogd, restarted while batches are on their way: nothing lost, the batch in doubt at most repeated.

internal import Glibc
internal import IntakeCore
internal import IntakeTesting
internal import Testing

@testable import Sinks

@Suite("rsyslogd", .serialized, .enabled(if: External.isWanted("rsyslogd")))
struct RsyslogTests {
  let folder: ScratchFolder
  let port: UInt16

  init() throws {
    folder = try ScratchFolder()
    port = try Loopback.freePort()
    try folder.write(
      """
      global(workDirectory="\(folder.path)" maxMessageSize="64k")
      module(load="imtcp")
      module(load="imudp")
      template(name="raw" type="string" string="%structured-data% %msg%\\n")
      input(type="imtcp" address="127.0.0.1" port="\(port)")
      input(type="imudp" address="127.0.0.1" port="\(port)" rcvbufSize="4m")
      action(type="omfile" file="\(folder("got"))" template="raw")

      """, to: "rsyslog.conf")
  }

  private func start() async throws -> ChildProcess {
    let process = try ChildProcess(
      ["rsyslogd", "-n", "-f", folder("rsyslog.conf"), "-i", folder("pid")], output: folder("said"))
    try await Loopback.waitForListener(port)
    return process
  }

  private func sink(_ scheme: String, _ query: String = "") throws -> any Sink {
    try SinkSpec(parsing: "\(scheme)://127.0.0.1:\(port)?\(query)").makeSink(log: .silent, time: .system)
  }

  /// The event ids that arrived, in order; every line has to be our JSON.
  private func ids() throws -> [String] {
    try folder.text("got").split(separator: "\n").map { line in
      let start = try #require(line.firstIndex(of: "{"))
      let value = try JSONValue(parsing: Array(line[start...].utf8))
      #expect(line.hasPrefix("[event@32473 id=\""))
      return try #require(value["event.id"]?.string)
    }
  }

  /// rsyslogd writes after it has read; with `ack=kernel` it is not even known to have read.
  private func delivered(_ sink: any Sink, count: Int) async throws -> [String] {
    let process = try await start()
    _ = try await sink.deliver(SinkContract.entry(1, count: count), from: try await sink.open(at: nil))
    for _ in 0..<500 {
      if try folder.bytes("got").count(where: { $0 == 0x0A }) >= count { break }
      try await Task.sleep(for: .milliseconds(10))
    }
    await sink.close()
    process.end()
    return try ids()
  }

  @Test(
    "both framings and every acknowledgement arrive whole and in order",
    arguments: [
      "", "ack=eof-strict", "ack=kernel", "framing=newline", "framing=newline&ack=kernel",
    ])
  func whole(query: String) async throws {
    #expect(try await delivered(try sink("tcp", query), count: 2_000) == (0..<2_000).map { "1-\($0)" })
  }

  @Test("datagrams arrive whole")
  func datagrams() async throws {
    #expect(Set(try await delivered(try sink("udp", "rate=4000"), count: 200)) == Set((0..<200).map { "1-\($0)" }))
  }

  @Test("restarted over and over, it loses nothing")
  func restarted() async throws {
    let sink = try sink("tcp")
    let batches: UInt64 = 24
    var process = try await start()
    var position = try await sink.open(at: nil)
    for sequence in 1...batches {
      let entry = SinkContract.entry(sequence, count: 800)
      let executor = ThreadExecutor(name: "sink")
      let from = position
      async let next = withTaskExecutorPreference(executor) { try await sink.deliver(entry, from: from) }
      if sequence % 4 == 0 {
        process.end()
        process = try await start()
      }
      position = try await next
    }
    process.end()
    let found = try ids()
    let expected = (1...batches).flatMap { sequence in (0..<800).map { "\(sequence)-\($0)" } }
    #expect(Set(found) == Set(expected))
    #expect(found.count <= expected.count + 6 * 800)
  }
}
