// Syslog over TLS against `openssl s_server`, with certificates made for the test.

internal import CSystem
internal import Glibc
internal import IntakeCore
internal import IntakeTesting
internal import Testing

@testable import Sinks

@Suite("Syslog over TLS", .serialized, .enabled(if: InstalledProgram.isWanted("openssl"), "openssl is not installed"))
struct TLSSinkTests {
  let folder: ScratchFolder
  let port: UInt16
  private var certificates: Certificates { Certificates(folder) }

  init() throws {
    signal(SIGPIPE, SIG_IGN)
    folder = try ScratchFolder()
    port = try Loopback.freePort()
    try certificates.authority("ca")
    try certificates.certificate("server", names: "DNS:localhost", by: "ca")
  }

  private func server(_ name: String = "server", _ more: String...) async throws -> TestProcess {
    var program = TestProgram(
      [
        "openssl", "s_server", "-quiet", "-accept", "127.0.0.1:\(port)", "-cert", folder("\(name).pem"), "-key",
        folder("\(name).key"),
      ] + more)
    // s_server ends with its input: a named pipe never ends.
    let input = folder("got.in")
    guard unsafe mkfifo(input, 0o600) == 0 || errno == EEXIST else { throw FileFault(.open, input, errno) }
    program.input = .path(input)
    program.output = .path(try folder.write("", to: "got"))
    program.errors = .path(try folder.write("", to: "got.log"))
    let process = try program.start()
    try await Loopback.waitForListener(port)
    return process
  }

  private func sink(_ query: String, host: String = "localhost", port: UInt16? = nil) throws -> StreamSink {
    let options = try SyslogOptions(.tls, query: query, spec: "tls://test")
    let address = try #require(NetworkAddress("\(host):\(port ?? self.port)"))
    return StreamSink(
      name: "tls://test", options: options, connector: TLSConnector(address: address, options: options), log: .silent,
      time: TimeSource(now: { Instant(ticks: 0) }, sleep: { _ in }),
      barrier: Barrier(stall: Waiting.bound, closing: Waiting.bound, reset: .milliseconds(50)))
  }

  private func code(_ sink: StreamSink, at position: SinkPosition? = nil, count: Int = 7) async -> String? {
    do throws(Failure) {
      let start = try await sink.open(at: position)
      _ = try await sink.deliver(SinkContract.entry(1, count: count), from: start)
      return nil
    } catch {
      return "\(error.code) \(error.exit.rawValue)"
    }
  }

  private var ca: String { "ca=\(folder("ca.pem"))" }

  @Test("a verified receiver gets every frame and confirms by close_notify", arguments: [1, 3_000])
  func delivered(count: Int) async throws {
    let server = try await server()
    #expect(await code(try sink(ca + "&ack=eof-strict"), count: count) == nil)
    server.stop()
    #expect(try Frames.parse(try folder.bytes("got")).count == count)
  }

  @Test(
    "an unknown authority, another name or address, an expired certificate, one signed by itself: nothing is sent"
  )
  func untrusted() async throws {
    try certificates.authority("other")
    try certificates.certificate("expired", names: "DNS:localhost", by: "ca", days: -1)
    let usual = try await server()
    #expect(await code(try sink("")) == "sink.tls.untrusted 76")
    #expect(await code(try sink("ca=\(folder("other.pem"))")) == "sink.tls.untrusted 76")
    #expect(await code(try sink(ca, host: "127.0.0.1")) == "sink.tls.untrusted 76")
    usual.stop()
    #expect(try folder.bytes("got") == [])
    for name in ["expired", "other"] {
      let server = try await server(name)
      #expect(await code(try sink(ca)) == "sink.tls.untrusted 76")
      server.stop()
      #expect(try folder.bytes("got") == [])
    }
  }

  @Test("an address in the certificate is as good as a name")
  func address() async throws {
    try certificates.certificate("numeric", names: "IP:127.0.0.1", by: "ca")
    let server = try await server("numeric")
    #expect(await code(try sink(ca, host: "127.0.0.1")) == nil)
    server.stop()
  }

  @Test("a receiver that wants a certificate gets ours, and refuses us without one")
  func clientCertificate() async throws {
    try certificates.certificate("client", names: "DNS:client", by: "ca")
    let server = try await server("server", "-Verify", "1", "-verify_return_error", "-CAfile", folder("ca.pem"))
    #expect(await code(try sink(ca)) != nil)
    let query = "\(ca)&cert=\(folder("client.pem"))&key=\(folder("client.key"))"
    #expect(await code(try sink(query)) == nil)
    server.stop()
    #expect(try Frames.parse(try folder.bytes("got")).count == 7)
  }

  @Test("a receiver that speaks no TLS, or only an old one, is refused")
  func plaintext() async throws {
    let receiver = try Receiver(.talks)
    defer { receiver.stop() }
    let options = try SyslogOptions(.tls, query: ca, spec: "tls://test")
    let address = try #require(NetworkAddress("127.0.0.1:\(receiver.port)"))
    let connector = TLSConnector(address: address, options: options)
    #expect {
      _ = try connector.connect(name: "tls://test")
    } throws: {
      ($0 as? Failure)?.code.rawValue == "sink.tls.handshake" && ($0 as? Failure)?.exit == .protocolBroken
    }
    #expect(!String(decoding: receiver.bytes, as: UTF8.self).contains("event"))
    let server = try await server("server", "-tls1_1", "-cipher", "ALL:@SECLEVEL=0")
    #expect(await code(try sink(ca)) == "sink.tls.handshake 76")
    server.stop()
    #expect(try folder.bytes("got") == [])
  }

  @Test("a TLS listener behind tcp:// is named, not taken for a receiver that closes early")
  func withoutTLS() async throws {
    let server = try await server()
    let options = try SyslogOptions(.tcp, query: "", spec: "tcp://test")
    let address = try #require(NetworkAddress("127.0.0.1:\(port)"))
    // Many events are reset. A few may be read and the connection closed as if they had been understood.
    let known = SinkPosition(sequence: 0)
    for (isTrial, count, position) in [
      (false, 3_000, known), (true, 1, known), (false, 1, nil), (false, 7, nil), (false, 200, nil),
    ] {
      let sink = StreamSink(
        name: "tcp://test", options: options, connector: PlainConnector(address: address, probing: Waiting.bound),
        log: .silent,
        time: TimeSource(now: { Instant(ticks: 0) }, sleep: { _ in }),
        barrier: Barrier(stall: Waiting.bound, closing: Waiting.bound, reset: .milliseconds(50)), isTrial: isTrial)
      let ended = await code(sink, at: position, count: count)
      #expect(ended == "sink.tcp.expects_tls 76", "\(count)")
    }
    server.stop()
    #expect(try folder.bytes("got").isEmpty)
    let plain = try Receiver(.closesAtOnce)
    defer { plain.stop() }
    let other = try #require(NetworkAddress("127.0.0.1:\(plain.port)"))
    #expect(TLSProbe.answer(other, within: Waiting.bound) == nil)
  }

  @Test("an expired certificate is to be renewed, another name to be used, and only an unknown authority to be set")
  func remedies() async throws {
    try certificates.certificate("expired", names: "DNS:localhost", by: "ca", days: -1)
    for (name, query, host, word) in [
      ("expired", ca, "localhost", "Renew"), ("server", ca, "127.0.0.1", "host name"),
      ("server", "", "localhost", "ca="),
    ] {
      let server = try await server(name)
      let failure = await #expect(throws: Failure.self) {
        try await sink(query, host: host)
          .deliver(SinkContract.entry(1, count: 1), from: SinkPosition(sequence: 0))
      }
      server.stop()
      #expect(failure?.hint?.contains(word) == true, "\(name): \(failure?.hint ?? "")")
    }
  }

  @Test("an end of the connection without close_notify is no acknowledgement", arguments: ["", "&ack=eof-strict"])
  func truncated(query: String) async throws {
    let server = try await server("server", "-num_tickets", "0")
    let proxy = try CuttingProxy(to: port)
    defer { proxy.stop() }
    let failure = await #expect(throws: Failure.self) {
      try await sink(ca + query, port: proxy.port)
        .deliver(SinkContract.entry(1, count: 3_000), from: SinkPosition(sequence: 0))
    }
    #expect(failure?.code.rawValue == "sink.tls.closed" && failure?.exit == .tryLater)
    #expect(failure?.sentence.contains("close_notify") == true && failure?.hint?.contains("ack=kernel") == true)
    server.stop()
    #expect(proxy.cuts == 8)
  }

  @Test(
    "a receiver that ends its side, TLS and TCP, 50 ms before it closes with bytes unread has not taken them",
    arguments: zip(["", "&ack=eof-strict", ""], [3, 3, Int.max]))
  func endsEarly(query: String, until: Int) async throws {
    let receiver = try EarlyTLSReceiver(folder, after: 60_000, until: until)
    defer { receiver.stop() }
    let sink = try sink(ca + query, port: receiver.port)
    #expect(await code(sink, count: 1_200) == nil)
    #expect(Set(Frames.ids(receiver.connections)) == Set((0..<1_200).map { "1-\($0)" }))
    #expect(receiver.connections.count >= min(until, 3))
  }

  @Test("a receiver that goes away in the handshake may be back: that is no verdict on its TLS")
  func goneAtOnce() async throws {
    let receiver = try Receiver(.closesAtOnce)
    defer { receiver.stop() }
    #expect(await code(try sink(ca, port: receiver.port)) == "sink.tls.closed 75")
    #expect(receiver.connections.count == 8)
  }

  @Test("a receiver that never shakes hands is given up in time")
  func stalled() throws {
    let (listener, port) = try Loopback.bound(AF_INET, Int32(SOCK_STREAM.rawValue))
    defer { close(listener) }
    #expect(listen(listener, 1) == 0)
    let options = try SyslogOptions(.tls, query: ca, spec: "tls://test")
    let address = try #require(NetworkAddress("127.0.0.1:\(port)"))
    let connector = TLSConnector(address: address, options: options)
    #expect {
      _ = try connector.connect(name: "tls://test", within: .milliseconds(150))
    } throws: {
      ($0 as? Failure)?.code.rawValue == "sink.tls.timeout" && ($0 as? Failure)?.hint?.contains("tcp://") == true
    }
  }

  @Test("files that cannot be read are told at once", arguments: ["ca=/nowhere", "cert=/nowhere&key=/nowhere"])
  func files(query: String) async throws { #expect(await code(try sink(query)) == "sink.tls.files 78") }
}
