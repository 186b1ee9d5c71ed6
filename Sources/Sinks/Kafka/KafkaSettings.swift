// What can be set about a Kafka sink, and what librdkafka is set to.

internal import IntakeCore

/// `kafka://HOST:PORT[,HOST:PORT…]/TOPIC?NAME=VALUE&…`, checked.
struct KafkaSettings: Sendable, Equatable {
  enum Security: String, Sendable, CaseIterable {
    case plaintext, ssl
    case saslSSL = "sasl_ssl"
  }
  enum Mechanism: String, Sendable, CaseIterable {
    case plain = "PLAIN"
    case scram256 = "SCRAM-SHA-256"
    case scram512 = "SCRAM-SHA-512"
    case bearer = "OAUTHBEARER"
  }
  enum Compression: String, Sendable, CaseIterable { case none, gzip, snappy, lz4, zstd }
  enum Partitioner: String, Sendable, CaseIterable {
    case consistentRandom = "consistent_random"
    case murmur2, fnv1a, random
  }
  enum Choice: String, Sendable, CaseIterable { case yes, no }

  /// The spec without options.
  let name: String
  let brokers: [NetworkAddress]
  let topic: String
  var security = Security.plaintext
  var mechanism: Mechanism?
  var username: String?
  var secret: SecretReference?
  /// PEM files.
  var authorities: String?
  var certificate: String?
  var privateKey: String?
  var compression = Compression.lz4
  var partitioner = Partitioner.consistentRandom
  var transactions = Choice.yes
  /// nil: made of tenant and state.
  var transactionalID: String?
  /// nil: the topic's name and `.message-trace`.
  private var ownMarkerTopic: String?
  var clientID = "message-trace"
  /// Of one event; longer ones lose their largest fields.
  var maxBytes = 900_000
  /// Of a transaction, and of each wait for the brokers.
  var timeout = Duration.seconds(60)

  static let names = [
    "ca", "cert", "client-id", "compression", "key", "marker-topic", "max-bytes", "partitioner", "password-env",
    "password-file", "sasl", "security", "timeout", "token-env", "token-file", "transactional-id", "transactions",
    "username",
  ]

  var markerTopic: String { ownMarkerTopic ?? "\(topic).message-trace" }

  /// - Throws: `sink.spec` (78), naming what is wrong.
  init(_ text: SinkText) throws(Failure) {
    name = text.name
    let place = text.place.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
    let hosts = place[0].split(separator: ",", omittingEmptySubsequences: false)
    brokers = hosts.compactMap { NetworkAddress(String($0)) }
    topic = place.count == 2 ? String(place[1]) : ""
    guard brokers.count == hosts.count, Self.isTopic(topic) else {
      throw SinkSpec.wrong(
        "Reading the sink \(text.name): it requires one or more HOST:PORT, and a topic of letters, digits, dots, underscores and hyphens.",
        hint: "For example: --sink kafka://kafka1.example:9092,kafka2.example:9092/mail")
    }
    for (option, value) in text.options {
      guard Self.names.contains(option) else { throw Self.unknown(option, text.name) }
      guard !value.utf8.contains(0) else {
        throw SinkSpec.wrong("Reading the sink \(text.name): the option \(option) has no value.")
      }
      try set(option, value)
    }
    try checkSignIn()
  }

  private static func unknown(_ option: String, _ spec: String) -> Failure {
    guard ["password", "token"].contains(option) else { return .unknownOption(option, of: spec, among: names) }
    return SinkSpec.wrong(
      "Reading the sink \(spec): unknown option \(option).",
      hint: "Give a reference: \(option)-file=PATH or \(option)-env=NAME.")
  }

  private mutating func set(_ option: String, _ value: String) throws(Failure) {
    switch option {
    case "security": security = try choose(option, value)
    case "sasl": mechanism = try choose(option, value.uppercased())
    case "username": username = value
    case "password-file", "token-file": secret = .file(value)
    case "password-env", "token-env": secret = .environment(value)
    case "ca": authorities = value
    case "cert": certificate = value
    case "key": privateKey = value
    case "compression": compression = try choose(option, value)
    case "partitioner": partitioner = try choose(option, value)
    case "transactions": transactions = try choose(option, value)
    case "transactional-id": transactionalID = value
    case "marker-topic":
      guard Self.isTopic(value), value != topic else { throw wrong("marker-topic must be the name of another topic.") }
      ownMarkerTopic = value
    case "client-id": clientID = value
    case "max-bytes": maxBytes = try SinkText.number(option, value, 1_000...100_000_000, of: name)
    default: timeout = .seconds(try SinkText.number(option, value, 1...900, of: name))
    }
  }

  /// A password never goes over an open connection, but to this host.
  private mutating func checkSignIn() throws(Failure) {
    if mechanism == nil, username != nil || secret != nil { mechanism = .plain }
    guard (certificate == nil) == (privateKey == nil) else { throw wrong("cert and key must be set together.") }
    if security == .plaintext, authorities != nil || certificate != nil {
      throw wrong("ca, cert and key require security=ssl or security=sasl_ssl.")
    }
    guard let mechanism else {
      guard security != .saslSSL else { throw wrong("security=sasl_ssl requires username, or sasl=oauthbearer.") }
      return
    }
    guard mechanism == .bearer || username != nil else { throw wrong("sasl=\(mechanism.rawValue) requires username.") }
    if security == .plaintext, !brokers.allSatisfy(\.isLoopback) {
      throw wrong("a password or token is not sent over plaintext.", hint: "Add security=sasl_ssl.")
    }
    guard security != .ssl else { throw wrong("a sign-in requires security=sasl_ssl.") }
    if secret == nil, mechanism != .bearer { secret = .environment("MESSAGE_TRACE_KAFKA_PASSWORD") }
  }

  /// Kafka's own rule for names.
  private static func isTopic(_ name: String) -> Bool {
    (1...249).contains(name.utf8.count) && name != "." && name != ".."
      && name.utf8.allSatisfy {
        (0x30...0x39).contains($0) || (0x61...0x7A).contains($0 | 0x20) || [0x2D, 0x2E, 0x5F].contains($0)
      }
  }

  private func choose<Value: RawRepresentable<String> & CaseIterable>(
    _ option: String, _ value: String
  ) throws(Failure) -> Value {
    if let choice = Value(rawValue: value) { return choice }
    throw .unknownValue(value, option: option, of: name, among: Value.allCases.map { $0.rawValue.lowercased() })
  }

  private func wrong(_ what: String, hint: String = "See message-trace help kafka.") -> Failure {
    SinkSpec.wrong("Reading the sink \(name): \(what)", hint: hint)
  }
}

extension NetworkAddress {
  fileprivate var isLoopback: Bool {
    isNumeric ? host == "::1" || host.hasPrefix("127.") : host.lowercased() == "localhost"
  }
}
