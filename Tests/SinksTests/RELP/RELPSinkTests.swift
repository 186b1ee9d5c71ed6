// The RELP sink against receivers of every manner.

internal import Glibc
internal import IntakeCore
internal import IntakeTesting
internal import Testing

@testable import Sinks

@Suite("The RELP sink")
struct RELPSinkTests {
  private func sink(_ receiver: RELPReceiver, _ query: String = "", stall: Duration = .seconds(60)) throws -> RELPSink {
    let address = try #require(NetworkAddress("127.0.0.1:\(receiver.port)"))
    return RELPSink(
      name: "relp://test", options: try SyslogOptions(.relp, query: query, spec: "relp://test"),
      connector: PlainConnector(area: "sink.relp", address: address), log: .silent,
      time: TimeSource(now: { Instant(ticks: 0) }, sleep: { _ in }), stall: stall)
  }

  private func ids(_ messages: [String]) -> [String] {
    messages.map { message in
      guard let key = message.firstRange(of: #""event.id":""#) else { return "" }
      return String(message[key.upperBound...].prefix { $0 != "\"" })
    }
  }

  private func deliver(_ sink: RELPSink, count: Int = 1_000) async throws {
    _ = try await sink.deliver(SinkContract.entry(1, count: count), from: SinkPosition(sequence: 0))
  }

  private func all(_ count: Int = 1_000) -> [String] { (0..<count).map { "1-\($0)" } }

  @Test(
    "every message is answered once, in any order, with windows small and large",
    arguments: [
      (RELPReceiver.Manner.orderly, 1), (.orderly, 2), (.orderly, 256), (.orderly, 10_000), (.backwards, 300),
    ])
  func answered(manner: RELPReceiver.Manner, window: Int) async throws {
    let receiver = try RELPReceiver(manner)
    defer { receiver.stop() }
    let sink = try sink(receiver, "window=\(window)")
    try await deliver(sink)
    await sink.close()
    #expect(ids(receiver.answered.flatMap(\.self)).sorted() == all().sorted())
    #expect(receiver.commands.first == "open" && receiver.commands.last == "close")
    #expect(receiver.commands.count == 1_002)
    #expect(sink.bytesTaken == 1_000)
  }

  @Test("the next batch goes over the same session; one that the receiver has ended is opened anew, with no batch lost")
  func kept() async throws {
    let receiver = try RELPReceiver(.orderly)
    defer { receiver.stop() }
    let sink = try sink(receiver)
    try await deliver(sink, count: 5)
    try await deliver(sink, count: 5)
    #expect(receiver.answered.map(\.count) == [10])
    let ending = try RELPReceiver(.announcesEnd(5))
    defer { ending.stop() }
    let other = try self.sink(ending)
    for _ in 0..<3 { try await deliver(other, count: 5) }
    #expect(ids(ending.answered.flatMap(\.self)) == all(5) + all(5) + all(5))
  }

  @Test(
    "after a break only what was not answered is sent again: nothing is lost and nothing answered comes twice",
    arguments: [
      RELPReceiver.Manner.closesAfter(37), .announcesEnd(37), .announcesEnd(1),
    ])
  func resent(manner: RELPReceiver.Manner) async throws {
    let receiver = try RELPReceiver(manner)
    defer { receiver.stop() }
    try await deliver(try sink(receiver), count: 200)
    let answered = receiver.answered
    // Only answers that a reset has overtaken, of one window each, may be repeated.
    #expect(Set(ids(answered.flatMap(\.self))) == Set(all(200)))
    #expect(answered.count >= 6)
    #expect(answered.flatMap(\.self).count <= 200 + 37 * answered.count)
  }

  @Test(
    "a receiver that takes no syslog, or does not speak the protocol, is refused before an event is sent",
    arguments: [
      ("1 rsp 36 200 OK\nrelp_version=0\ncommands=syslo\n", "sink.relp.offers"),
      ("1 rsp 38 200 OK\nrelp_version=0\ncommands=syslog2\n", "sink.relp.offers"),
      ("1 rsp 36 200 OK\nrelp_version=0\ncommands=syslog\n", "sink.relp.protocol"),
      ("1 rsp 6 200 OK\n", "sink.relp.offers"), ("1 rsp 7 500 no \n", "sink.relp.rejected"),
      ("2 rsp 6 200 OK\n", "sink.relp.protocol"), ("220 mail.example ESMTP\r\n", "sink.relp.protocol"),
    ])
  func foreign(answer: String, code: String) async throws {
    let receiver = try RELPReceiver(.says(answer))
    defer { receiver.stop() }
    let failure = await #expect(throws: Failure.self) { try await deliver(try sink(receiver)) }
    #expect(failure?.code.rawValue == code)
    #expect(failure?.exit == (code == "sink.relp.rejected" ? .tryLater : .protocolBroken))
    #expect(!receiver.commands.contains("syslog"))
  }

  @Test("an answer to nothing is no acknowledgement")
  func invented() async throws {
    let receiver = try RELPReceiver(.inventsAnswers)
    defer { receiver.stop() }
    let failure = await #expect(throws: Failure.self) { try await deliver(try sink(receiver)) }
    #expect(failure?.code.rawValue == "sink.relp.protocol")
  }

  @Test("a receiver that answers nothing is given up in time")
  func silent() async throws {
    let receiver = try RELPReceiver(.silent)
    defer { receiver.stop() }
    let sink = try sink(receiver, stall: .milliseconds(50))
    let failure = await #expect(throws: Failure.self) { try await deliver(sink, count: 3) }
    #expect(failure?.code.rawValue == "sink.relp.timeout" && failure?.exit == .tryLater)
  }

  @Test("a receiver that is down gives the batch back, to be tried later")
  func refused() async throws {
    let receiver = try RELPReceiver(.orderly)
    receiver.stop()
    let port = try Loopback.freePort()
    let spec = try SinkSpec(parsing: "relp://127.0.0.1:\(port)")
    let failure = #expect(throws: Failure.self) { try spec.reach() }
    #expect(failure?.code.rawValue == "sink.relp.refused" && failure?.exit == .tryLater)
  }

  @Test("the spec takes the syslog options, those of TLS only for relps, and a window")
  func spec() throws {
    #expect(try SinkSpec(parsing: "relp://siem:2514?window=100&facility=local3").name == "relp://siem:2514")
    #expect(try SinkSpec(parsing: "relps://[::1]:2514?ca=/x").name == "relps://[::1]:2514")
    for text in [
      "relp://siem", "relp://siem:1?ca=/x", "relp://siem:1?ack=eof", "relp://siem:1?window=0", "tcp://s:1?window=9",
    ] {
      let failure = #expect(throws: Failure.self) { try SinkSpec(parsing: text) }
      #expect(failure?.exit == .configuration, "\(text)")
    }
  }
}
