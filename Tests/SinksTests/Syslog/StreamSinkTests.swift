// Syslog over TCP against receivers of every manner. Cases after the fault matrix (E).

internal import CSystem
internal import Glibc
internal import IntakeCore
internal import IntakeTesting
internal import Testing

@testable import Sinks

@Suite("Syslog over TCP", .serialized)
struct StreamSinkTests {
  /// Waits in the sink take no time, waits on the network little.
  private func sink(
    _ port: UInt16, _ query: String = "", host: String = "127.0.0.1", closing: Duration = Waiting.bound,
    log: Log = .silent
  ) throws -> StreamSink {
    let options = try SyslogOptions(.tcp, query: query, spec: "tcp://test")
    let address = try #require(NetworkAddress("\(host):\(port)"))
    let time = TimeSource(now: { Instant(ticks: 0) }, sleep: { _ in })
    let barrier = Barrier(stall: Waiting.bound, closing: closing, reset: .milliseconds(50))
    return StreamSink(
      name: "tcp://test", options: options, connector: PlainConnector(address: address), log: log, time: time,
      barrier: barrier)
  }

  private func deliver(_ sink: StreamSink, _ entry: JournalEntry) async throws -> SinkPosition {
    let executor = ThreadExecutor(name: "sink")
    return try await withTaskExecutorPreference(executor) {
      try await sink.deliver(entry, from: SinkPosition(sequence: entry.sequence - 1))
    }
  }

  private func code(_ sink: StreamSink, _ entry: JournalEntry = SinkContract.entry(1)) async -> String? {
    do {
      _ = try await deliver(sink, entry)
      return nil
    } catch {
      return (error as? Failure).map { "\($0.code) \($0.exit.rawValue)" }
    }
  }

  private func ids(_ sequence: UInt64, count: Int) -> [String] { (0..<count).map { "\(sequence)-\($0)" } }

  @Test("it keeps the sink contract, the batch in doubt apart")
  func contract() async throws {
    let receiver = try Receiver(.orderly)
    defer { receiver.stop() }
    let executor = ThreadExecutor(name: "sink")
    try await withTaskExecutorPreference(executor) {
      try await SinkContract(repeats: .atMostTheBatchInDoubt) {
        // Longer than a busy machine keeps the receiver waiting: a break would repeat a batch.
        try sink(receiver.port, closing: .seconds(60))
      } received: {
        try Frames.parse(receiver.bytes).map { message in
          try #require(JSONLine.of(message))
        }
      }.check()
    }
  }

  @Test(
    "every acknowledgement delivers whole batches to an orderly receiver",
    arguments: ["eof", "eof-strict", "kernel", "none"])
  func acknowledgements(ack: String) async throws {
    let receiver = try Receiver(.orderly)
    defer { receiver.stop() }
    let sink = try sink(receiver.port, "ack=\(ack)")
    for sequence in 1...3 as ClosedRange<UInt64> {
      _ = try await deliver(sink, SinkContract.entry(sequence, count: 200))
    }
    await sink.close()
    if ack == "none" || ack == "kernel" {
      while Frames.ids(receiver.connections).count < 600 { try await Task.sleep(for: .milliseconds(2)) }
    }
    #expect(Frames.ids(receiver.connections) == ids(1, count: 200) + ids(2, count: 200) + ids(3, count: 200))
    #expect(receiver.connections.count == (ack.hasPrefix("eof") ? 3 : 1))
  }

  @Test("a receiver that closes every so many frames for ever still gets everything", arguments: [1, 7, 90])
  func closesAfter(frames: Int) async throws {
    let receiver = try Receiver(.closesAfter(frames))
    defer { receiver.stop() }
    let sink = try sink(receiver.port)
    for sequence in 1...2 as ClosedRange<UInt64> {
      #expect(await code(sink, SinkContract.entry(sequence, count: 600)) == nil)
    }
    let found = Frames.ids(receiver.connections)
    #expect(Set(found) == Set(ids(1, count: 600) + ids(2, count: 600)))
    #expect(found.count <= 2 * 1_200)
  }

  @Test("a reset in the middle sends the batch again, whole")
  func resets() async throws {
    let receiver = try Receiver(.resets(after: 20_000, until: 3))
    defer { receiver.stop() }
    let sink = try sink(receiver.port)
    #expect(await code(sink, SinkContract.entry(1, count: 2_000)) == nil)
    #expect(Set(Frames.ids(receiver.connections)) == Set(ids(1, count: 2_000)))
  }

  @Test(
    "a receiver that shuts its side down with bytes unread has not taken them, however often it does",
    arguments: zip(["eof", "eof", "eof-strict"], [2, Int.max, Int.max]))
  func shutsDown(ack: String, until: Int) async throws {
    let receiver = try Receiver(.shutsDown(after: 60_000, until: until))
    defer { receiver.stop() }
    let sink = try sink(receiver.port, "ack=\(ack)")
    #expect(await code(sink, SinkContract.entry(1, count: 1_200)) == nil)
    #expect(Set(Frames.ids(receiver.connections)) == Set(ids(1, count: 1_200)))
    #expect(receiver.connections.count > 1 && sink.earlyEnds > 0)
  }

  @Test("a receiver that always ends first: a warning and its system's word, or a refusal where that is wanted")
  func alwaysEarly() async throws {
    let receiver = try Receiver(.halfCloses)
    defer { receiver.stop() }
    let said = Locked<[String]>([])
    let log = Log(write: { line in said.update { $0.append(String(decoding: line, as: UTF8.self)) } })
    #expect(await code(try sink(receiver.port, log: log), SinkContract.entry(1, count: 6_000)) == nil)
    while Set(Frames.ids(receiver.connections)).count < 6_000 { try await Task.sleep(for: .milliseconds(2)) }
    #expect(said.value.filter { $0.contains("sink.ack.downgraded") && $0.contains("relp") }.count == 1)
    let strict = try sink(receiver.port, "ack=eof-strict")
    #expect(await code(strict, SinkContract.entry(2, count: 6_000)) == "sink.tcp.closed 75")
  }

  @Test("accepting and closing at once is no delivery, and no endless loop")
  func closesAtOnce() async throws {
    let receiver = try Receiver(.closesAtOnce)
    defer { receiver.stop() }
    #expect(await code(try sink(receiver.port), SinkContract.entry(1, count: 3_000)) == "sink.tcp.closed 75")
    // Eight attempts, and one question whether it expects TLS.
    #expect(receiver.connections.count <= 9)
  }

  @Test("a receiver that is known to be down is tried once a batch, until it is back")
  func knownDown() async throws {
    let port = try Loopback.freePort()
    let spec = try SinkSpec(parsing: "tcp://127.0.0.1:\(port)")
    let time = ManualClock()
    for waits in [7, 0, 0] {
      let before = time.sleeps.count
      let sink = try spec.makeSink(log: .silent, time: time.source)
      await #expect(throws: Failure.self) {
        try await sink.deliver(SinkContract.entry(1), from: SinkPosition(sequence: 0))
      }
      #expect(time.sleeps.count - before == waits)
    }
    let receiver = try Receiver(.orderly, port: port)
    defer { receiver.stop() }
    let sink = try spec.makeSink(log: .silent, time: time.source)
    _ = try await sink.deliver(SinkContract.entry(1), from: SinkPosition(sequence: 0))
    #expect(Frames.ids(receiver.connections) == ids(1, count: 7))
  }

  @Test("nobody listens")
  func refused() async throws {
    let (descriptor, port) = try Loopback.bound(AF_INET, Int32(SOCK_STREAM.rawValue))
    defer { close(descriptor) }
    #expect(await code(try sink(port)) == "sink.tcp.refused 75")
  }

  @Test("reaching a receiver connects and sends nothing")
  func reach() throws {
    let receiver = try Receiver(.orderly)
    defer { receiver.stop() }
    try SinkSpec(parsing: "tcp://127.0.0.1:\(receiver.port)").reach()
    #expect(receiver.bytes == [])
    let port = try Loopback.freePort()
    #expect {
      try SinkSpec(parsing: "tcp://127.0.0.1:\(port)").reach()
    } throws: {
      ($0 as? Failure)?.code.rawValue == "sink.tcp.refused"
    }
  }

  @Test("a receiver that cannot confirm by closing is taken at its kernel's word, unless that is refused")
  func downgraded() async throws {
    for manner in [Receiver.Manner.halfCloses, .neverCloses(but: 0)] {
      let receiver = try Receiver(manner)
      defer { receiver.stop() }
      let sink = try sink(receiver.port, closing: .milliseconds(200))
      #expect(await code(sink, SinkContract.entry(1, count: 50)) == nil)
      while Set(Frames.ids(receiver.connections)).count < 50 { try await Task.sleep(for: .milliseconds(2)) }
      await sink.close()
    }
  }

  @Test("a receiver that has confirmed before is held to it when it hangs")
  func hanging() async throws {
    let receiver = try Receiver(.neverCloses(but: 1))
    defer { receiver.stop() }
    let sink = try sink(receiver.port, closing: .milliseconds(100))
    #expect(await code(sink, SinkContract.entry(1)) == nil)
    #expect(await code(sink, SinkContract.entry(2)) == "sink.tcp.timeout 75")
    #expect(Set(Frames.ids(receiver.connections)) == Set(ids(1, count: 7) + ids(2, count: 7)))
  }

  @Test("an end of stream before ours is no confirmation")
  func early() throws {
    let receiver = try Receiver(.halfCloses)
    defer { receiver.stop() }
    let address = try #require(NetworkAddress("127.0.0.1:\(receiver.port)"))
    let connection = PlainConnection(socket: try Socket.connect(address, datagrams: false))
    try connection.socket.wait(for: Int16(POLLIN), within: Waiting.bound)
    try connection.send(Array("1 x".utf8))
    #expect(try Barrier().endOfStream(connection) == .early)
  }

  @Test("what a receiver says is read and forgotten")
  func talks() async throws {
    let receiver = try Receiver(.talks)
    defer { receiver.stop() }
    #expect(await code(try sink(receiver.port), SinkContract.entry(1, count: 500)) == nil)
    #expect(Frames.ids(receiver.connections) == ids(1, count: 500))
  }

  @Test("IPv6 in brackets")
  func version6() async throws {
    let receiver = try Receiver(.orderly, family: AF_INET6)
    defer { receiver.stop() }
    #expect(await code(try sink(receiver.port, host: "[::1]")) == nil)
    #expect(Frames.ids(receiver.connections) == ids(1, count: 7))
  }

  @Test("stopping is heard while a receiver does not read")
  func stopped() async throws {
    let (listener, port) = try Loopback.bound(AF_INET, Int32(SOCK_STREAM.rawValue))
    defer { close(listener) }
    #expect(listen(listener, 1) == 0)
    let sink = try sink(port)
    let task = Task { await code(sink, SinkContract.entry(1, count: 60_000)) }
    try await Task.sleep(for: .milliseconds(50))
    task.cancel()
    #expect(await task.value == "stop.signal 75")
  }

  @Test("framing by line feeds holds one line a message")
  func newline() async throws {
    let receiver = try Receiver(.orderly)
    defer { receiver.stop() }
    #expect(await code(try sink(receiver.port, "framing=newline&format=rfc3164")) == nil)
    let lines = String(decoding: receiver.bytes, as: UTF8.self).split(separator: "\n", omittingEmptySubsequences: false)
    #expect(lines.count == 8 && lines.last == "")
    #expect(
      lines.dropLast().allSatisfy { $0.hasPrefix("<134>Sep 21 14:13:20 ") || $0.hasPrefix("<132>Sep 21 14:13:20 ") })
  }
}

enum JSONLine {
  /// The event in a syslog message, as the line it was before.
  static func of(_ message: String) -> String? {
    guard let start = message.firstIndex(of: "{"),
      let value = try? JSONValue(parsing: Array(message[start...].utf8)), let id = value["event.id"]?.string
    else { return nil }
    let parts = id.split(separator: "-").compactMap { Int($0) }
    guard parts.count == 2 else { return nil }
    let line = SinkContract.lines(UInt64(parts[0]), count: parts[1] + 1)[parts[1]]
    return (try? JSONValue(parsing: Array(line.utf8))).map(\.text) == value.text ? line : nil
  }
}
