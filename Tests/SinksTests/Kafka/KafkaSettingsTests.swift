// Specs of Kafka sinks, and what librdkafka is set to.

internal import HTTPTransport
internal import IntakeCore
internal import IntakeTesting
internal import Testing

@testable import Sinks

@Suite("Kafka sink specs", .enabled(if: MockCluster.isWanted, "librdkafka1 or kcat is not installed"))
struct KafkaSettingsTests {
  @Test("what is right is taken, and the name is without options")
  func right() throws {
    let settings = try KafkaSettings(
      parsing:
        "kafka://a:9092,[::1]:9093/mail.v1?security=sasl_ssl&sasl=scram-sha-512&username=u&password-env=P&timeout=5")
    #expect(settings.name == "kafka://a:9092,[::1]:9093/mail.v1" && settings.markerTopic == "mail.v1.message-trace")
    let properties = settings.producerProperties(writer: "w", password: Secret("secret"))
    func value(_ name: String) -> String? { properties.first { $0.name == name }?.value }
    #expect(value("bootstrap.servers") == "a:9092,[::1]:9093" && value("security.protocol") == "sasl_ssl")
    #expect(value("sasl.mechanism") == "SCRAM-SHA-512" && value("sasl.password") == "secret")
    #expect(value("acks") == "all" && value("enable.idempotence") == "true" && value("transactional.id") == "w")
    #expect(value("transaction.timeout.ms") == "5000")
    #expect(try SinkSpec(parsing: "kafka://h:1/t?transactions=no").name == "kafka://h:1/t")
  }

  @Test("the transactional id is the same for the same owner and topic, and another for any other")
  func writer() throws {
    let settings = try KafkaSettings(parsing: "kafka://a:1/mail")
    let again = try KafkaSettings(parsing: "kafka://b:1,a:1/mail?compression=none")
    #expect(settings.writer(of: "x") == again.writer(of: "x") && settings.writer(of: "x").hasPrefix("message-trace-"))
    #expect(settings.writer(of: "x") != settings.writer(of: "y"))
    #expect(try settings.writer(of: "x") != KafkaSettings(parsing: "kafka://a:1/other").writer(of: "x"))
    #expect(try KafkaSettings(parsing: "kafka://a:1/mail?transactional-id=mine").writer(of: "x") == "mine")
  }

  @Test(
    "what is wrong is named",
    arguments: [
      "kafka://", "kafka://a/mail", "kafka://a:1", "kafka://a:1/", "kafka://a:1,/mail", "kafka://a:1/ma il",
      "kafka://a:1/a/b",
      "kafka://a:1/..", "kafka://a:1/mail?acks=0", "kafka://a:1/mail?password=x", "kafka://a:1/mail?security=tls",
      "kafka://a:1/mail?username=u", "kafka://a:1/mail?security=ssl&username=u", "kafka://a:1/mail?security=sasl_ssl",
      "kafka://a:1/mail?sasl=plain&security=sasl_ssl", "kafka://a:1/mail?ca=/x", "kafka://a:1/mail?timeout=0",
      "kafka://127.0.0.1:1,a:1/mail?username=u", "kafka://a:1/mail?marker-topic=mail", "kafka://a:1/mail?client-id=%00",
      "kafka://a:1/mail?security=ssl&cert=/x",
    ])
  func wrong(_ spec: String) throws {
    let failure = #expect(throws: Failure.self) { try SinkSpec(parsing: spec) }
    #expect(failure?.code.rawValue == "sink.spec" && failure?.exit == .configuration && failure?.hint != nil)
    #expect(failure?.sentence.contains("password=x") == false)
  }

  @Test("a password goes over plaintext to this host alone")
  func loopback() throws {
    let settings = try KafkaSettings(parsing: "kafka://127.0.0.1:1,localhost:2,[::1]:3/mail?username=u")
    let properties = settings.producerProperties(writer: "w", password: Secret("p"))
    #expect(properties.contains { $0.name == "security.protocol" && $0.value == "sasl_plaintext" })
  }

  @Test("a bearer token is asked for where no file or variable holds it; without one the sink does not open")
  func token() async throws {
    let settings = try KafkaSettings(parsing: "kafka://h.example:9093/mail?security=sasl_ssl&sasl=oauthbearer")
    let sink = KafkaSink(settings, owner: "", log: .silent, time: .system)
    let missing = await #expect(throws: Failure.self) { try await sink.open(at: nil) }
    #expect(missing?.exit == .configuration)
    let refusing = KafkaSink(
      settings, owner: "", log: .silent, time: .system,
      token: { () throws(Failure) in throw Failure("test.asked", exit: .denied, "Asking.") })
    let entry = JournalEntry(sequence: 1, bytes: [], entries: [], cursors: [:])
    let failure = await #expect(throws: Failure.self) {
      try await refusing.deliver(entry, from: SinkPosition(sequence: 0))
    }
    #expect(failure?.code.rawValue == "test.asked")
  }

  @Test("the source's sign-in gives the bearer token, for brokers of one name only")
  func signIn() async throws {
    let asked = Locked<[String]>([])
    let context = SinkContext(log: .silent, time: .system) { (signIn) throws(Failure) in
      asked.update { $0.append("\(signIn.resource) \(signIn.origin.host)") }
      return NoToken()
    }
    let rest = "mail?security=sasl_ssl&sasl=oauthbearer"
    let sink = try SinkSpec(parsing: "kafka://ns.servicebus.windows.net:9093/\(rest)").makeSink(context)
    #expect(asked.value == ["https://ns.servicebus.windows.net ns.servicebus.windows.net"])
    let entry = JournalEntry(sequence: 1, bytes: [], entries: [], cursors: [:])
    let failure = await #expect(throws: Failure.self) {
      try await sink.deliver(entry, from: SinkPosition(sequence: 0))
    }
    #expect(failure?.code.rawValue == "test.asked")
    #expect(throws: Failure.self) {
      try SinkSpec(parsing: "kafka://a.example:9093,b.example:9093/\(rest)").makeSink(context)
    }
    #expect(asked.value.count == 1)
  }

  @Test("a marker says what batch it is, and only to its writer")
  func marker() throws {
    var entry = JournalEntry(sequence: 7, bytes: [], entries: [], cursors: [:])
    entry.entries = [Batch.Entry(identity: Identity(high: 1, low: 2), received: Instant(ticks: 0), end: 0)]
    let marker = KafkaMarker(entry, in: "mail")
    #expect(KafkaMarker(key: marker.key("w"), value: marker.value, writer: "w") == marker)
    #expect(KafkaMarker(key: marker.key("w2"), value: marker.value, writer: "w") == nil)
    #expect(KafkaMarker(key: marker.key("w"), value: marker.value, writer: "w2") == nil)
    #expect(KafkaMarker(key: marker.key("w#2"), value: marker.value, writer: "w") == nil)
    #expect(KafkaMarker(key: Array("w#".utf8), value: marker.value, writer: "w") == nil)
    #expect(KafkaMarker(entry, in: "copy") != marker)
    #expect(KafkaMarker(key: marker.key("w"), value: Array("{}".utf8), writer: "w") == nil)
    #expect(KafkaMarker(key: marker.key("w"), value: [], writer: "w") == nil)
    entry.bytes = Array("{}\n".utf8)
    #expect(KafkaMarker(entry, in: "mail") != marker)
  }
}

/// A sign-in that is refused, in words of its own.
private struct NoToken: TokenSource {
  func authorization() async throws(Failure) -> Authorization { throw Failure("test.asked", exit: .denied, "Asking.") }
  func refused() async -> Bool { false }
}

extension KafkaSettings {
  /// Of a whole spec.
  init(parsing spec: String) throws {
    try self.init(try #require(try SinkText(spec)))
  }
}
