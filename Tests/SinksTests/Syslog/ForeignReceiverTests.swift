// Listeners that are no receivers of syslog: what they read and answer must not look like a delivery.

internal import Glibc
internal import IntakeCore
internal import IntakeTesting
internal import Testing

@testable import Sinks

@Suite("listeners of other protocols behind a syslog sink", .ownThreads)
struct ForeignReceiverTests {
  /// A fatal alert, handshake failure.
  private static let alert: [UInt8] = [0x15, 3, 3, 0, 2, 2, 40]

  private func sink(_ receiver: Receiver, _ query: String = "", holding: Duration = Waiting.bound) throws -> StreamSink
  {
    let address = try #require(NetworkAddress("127.0.0.1:\(receiver.port)"))
    let hold = Barrier.Holding(first: holding, usual: holding, pause: .seconds(30))
    return StreamSink(
      name: "tcp://test", options: try SyslogOptions(.tcp, query: query, spec: "tcp://test"),
      connector: PlainConnector(address: address, probing: Waiting.bound), log: .silent,
      time: TimeSource(now: { Instant(ticks: 0) }, sleep: { _ in }),
      barrier: Barrier(stall: Waiting.bound, closing: Waiting.bound, reset: .milliseconds(50), holding: hold))
  }

  /// - Parameter position: nil for a new sink.
  private func outcome(_ sink: StreamSink, _ position: SinkPosition?, count: Int) async -> String? {
    do throws(Failure) {
      let start = try await sink.open(at: position)
      _ = try await sink.deliver(SinkContract.entry(1, count: count), from: start)
      return nil
    } catch {
      return "\(error.code) \(error.exit.rawValue)"
    }
  }

  @Test(
    "one of TLS that reads all and closes is named before it gets an event, however few there are",
    arguments: [1, 7, 200], ["", "ack=kernel", "ack=none"])
  func tls(count: Int, query: String) async throws {
    let receiver = try Receiver(.foreign(toTLS: Self.alert, toOthers: []))
    defer { receiver.stop() }
    #expect(await outcome(try sink(receiver, query), nil, count: count) == "sink.tcp.expects_tls 76")
    // The question alone.
    #expect(receiver.bytes.isEmpty)
  }

  @Test(
    "one that speaks TLS since yesterday is named as well: it closes by itself while its connection is held",
    arguments: [1, 200])
  func tlsSinceYesterday(count: Int) async throws {
    let receiver = try Receiver(.foreign(toTLS: Self.alert, toOthers: []))
    defer { receiver.stop() }
    #expect(await outcome(try sink(receiver), SinkPosition(sequence: 0), count: count) == "sink.tcp.expects_tls 76")
  }

  @Test(
    "an answer in HTTP, RELP, SSH or SMTP is no delivery, to the question of a new sink or to events",
    arguments: [
      "HTTP/1.1 400 Bad Request\r\n\r\n", "0 serverclose 0\n", "SSH-2.0-OpenSSH_9.2\r\n", "220 mail ESMTP\r\n",
    ],
    [nil, SinkPosition(sequence: 0)])
  func answers(_ answer: String, position: SinkPosition?) async throws {
    let bytes = Array(answer.utf8)
    let receiver = try Receiver(.foreign(toTLS: bytes, toOthers: bytes))
    defer { receiver.stop() }
    let failure = await outcome(try sink(receiver, holding: .zero), position, count: 7)
    #expect(failure == "sink.tcp.protocol 76")
  }

  @Test("one that kept connections open and ends them by itself now is out of order: nothing counts as delivered")
  func steady() async throws {
    let receiver = try Receiver(.foreign(toTLS: [], toOthers: []))
    defer { receiver.stop() }
    var position = SinkPosition(sequence: 0)
    position.contact = .steady
    #expect(await outcome(try sink(receiver), position, count: 1) == "sink.tcp.closed 75")
  }

  @Test(
    "one that closes by itself behind its first event is no receiver; one of a state of before is taken as it was",
    arguments: [nil, SinkPosition(sequence: 0)])
  func closes(position: SinkPosition?) async throws {
    let receiver = try Receiver(.foreign(toTLS: [], toOthers: []))
    defer { receiver.stop() }
    let failure = await outcome(try sink(receiver), position, count: 1)
    #expect(failure == (position == nil ? "sink.tcp.closed 75" : nil))
  }

  @Test("a receiver that keeps the connection open is known as steady, and is asked no second time")
  func known() async throws {
    let receiver = try Receiver(.orderly)
    defer { receiver.stop() }
    let first = try sink(receiver, holding: .milliseconds(1))
    let start = try await first.open(at: nil)
    #expect(start.contact == .notYet)
    let reached = try await first.deliver(SinkContract.entry(1), from: start)
    #expect(reached.contact == .steady)
    let second = try sink(receiver, holding: .milliseconds(1))
    let again = try await second.deliver(SinkContract.entry(2), from: try await second.open(at: reached))
    #expect(again.contact == .steady && receiver.questions == 1 && receiver.connections.count == 2)
  }

  @Test("a session of RELP with a listener of TLS is named; check says so too")
  func relp() async throws {
    let receiver = try Receiver(.foreign(toTLS: Self.alert, toOthers: []))
    defer { receiver.stop() }
    let spec = try SinkSpec(parsing: "relp://127.0.0.1:\(receiver.port)")
    let failure = await #expect(throws: Failure.self) {
      try await spec.makeSink(log: .silent, time: .quick)
        .deliver(SinkContract.entry(1), from: SinkPosition(sequence: 0))
    }
    #expect(failure?.code.rawValue == "sink.relp.expects_tls" && failure?.hint?.contains("relps://") == true)
    #expect { try SinkSpec(parsing: "relp://127.0.0.1:\(receiver.port)").reach() } throws: {
      ($0 as? Failure)?.code.rawValue == "sink.relp.expects_tls"
    }
  }

  @Test("collect ends with 76 in each pass, and the events come once the sink is right")
  func collected() throws {
    let fixture = try HTTPFixture(messages: 5)
    let receiver = try Receiver(.foreign(toTLS: Self.alert, toOthers: []))
    defer { receiver.stop() }
    let sink = "tcp://127.0.0.1:\(receiver.port)"
    for _ in 0..<2 {
      let outcome = try fixture.run(sink: sink)
      #expect(outcome.status == 76 && outcome.errors.contains("sink.tcp.expects_tls"), "\(outcome.errors)")
    }
    #expect(receiver.bytes.isEmpty)
    let test = try fixture.run(["check", "--send-test"], sink: sink)
    #expect(test.status == 76 && (test.lines.joined() + test.errors).contains("tls://"), "\(test.lines) \(test.errors)")
  }
}
