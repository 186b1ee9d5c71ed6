// The settings as librdkafka names them.

internal import Glibc
internal import IntakeCore

extension KafkaSettings {
  /// The transactional id of a sink: as set, else made of its owner and the topic.
  func writer(of owner: String) -> String {
    if let transactionalID { return transactionalID }
    return "message-trace-" + SHA256.digest(Array("\(owner)\n\(topic)".utf8)).prefix(8).hex
  }

  /// The password or the bearer token, nil where none is needed.
  func loadSecret() throws(Failure) -> Secret? {
    guard let secret else { return nil }
    var environment: [String: String] = [:]
    if case .environment(let name) = secret, let value = unsafe getenv(name) {
      environment[name] = unsafe String(cString: value)
    }
    return try secret.load(purpose: mechanism == .bearer ? "Kafka token" : "Kafka password", environment: environment)
  }

  /// True if the bearer token comes from a sign-in.
  var needsToken: Bool { mechanism == .bearer && secret == nil }

  var noToken: Failure {
    SinkSpec.wrong(
      "Reading the sink \(name): sasl=oauthbearer has no token.", hint: "Set token-file=PATH or token-env=NAME.")
  }

  typealias Property = (name: String, value: String)

  /// - Parameters:
  ///   - writer: the transactional id.
  ///   - password: of the sign-in with a user name.
  func producerProperties(writer: String, password: Secret?) -> [Property] {
    let milliseconds = "\(timeout.ticks / 10_000)"
    var properties =
      common(password) + [
        ("acks", "all"), ("enable.idempotence", "true"), ("compression.type", compression.rawValue),
        ("partitioner", partitioner.rawValue), ("message.timeout.ms", milliseconds),
        // The largest batch, twice: a queue that is full would break a transaction.
        ("queue.buffering.max.messages", "200000"), ("queue.buffering.max.kbytes", "262144"),
        ("linger.ms", "5"), ("batch.num.messages", "10000"), ("batch.size", "1000000"),
        // With what a message needs besides its event.
        ("message.max.bytes", "\(maxBytes + 10_000)"),
      ]
    if transactions == .yes {
      properties += [("transactional.id", writer), ("transaction.timeout.ms", milliseconds)]
    }
    return properties
  }

  /// - Parameter isolation: `read_committed` or `read_uncommitted`.
  func consumerProperties(_ isolation: String, password: Secret?) -> [Property] {
    common(password) + [
      ("isolation.level", isolation), ("enable.partition.eof", "true"), ("auto.offset.reset", "smallest"),
      ("enable.auto.commit", "false"), ("allow.auto.create.topics", "false"), ("fetch.wait.max.ms", "100"),
    ]
  }

  private func common(_ password: Secret?) -> [Property] {
    let hosts = brokers.map { $0.host.contains(":") ? "[\($0.host)]:\($0.port)" : "\($0.host):\($0.port)" }
    var properties: [Property] = [
      ("bootstrap.servers", hosts.joined(separator: ",")), ("client.id", clientID), ("security.protocol", protocolName),
    ]
    properties += [
      ("ssl.ca.location", authorities), ("ssl.certificate.location", certificate), ("ssl.key.location", privateKey),
      ("sasl.mechanism", mechanism?.rawValue),
    ].compactMap { (name, value) in value.map { (name, $0) } }
    if mechanism != .bearer, let username, let password {
      properties += [("sasl.username", username), ("sasl.password", password.revealed)]
    }
    return properties
  }

  private var protocolName: String {
    security == .plaintext && mechanism != nil ? "sasl_plaintext" : security.rawValue
  }
}
