// The options of a sink behind HTTP: those of every service, and those of one.

internal import IntakeCore

/// Options of one sink, checked.
struct HTTPOptions: Sendable {
  /// A file with the secret, or the variable that holds it; never the secret.
  var tokenFile: String?
  var tokenEnvironment: String?
  /// With a password in place of a token.
  var username: String?
  /// PEM files; nil: the program's settings, no certificate of our own.
  var authorities: String?
  var certificate: String?
  var privateKey: String?
  /// nil: compressed, except over the loopback.
  var compresses: Bool?
  /// Of one request; nil: the service's own.
  var mostEvents: Int?
  var mostBytes: Int?
  /// Requests at a time.
  var connections = 2
  /// Seconds that one request may take.
  var timeout = 120
  /// Header lines by name: a value, or a reference to one that is secret.
  var headers: [(name: String, value: HeaderValue)] = []
  /// The service's own.
  private var own: [String: String] = [:]

  enum HeaderValue: Sendable {
    case plain(String)
    case secret(SecretReference)
  }

  static let common = [
    "token-file", "token-env", "username", "ca", "cert", "key", "gzip", "batch-events", "batch-bytes", "connections",
    "timeout", "header", "header-file", "header-env",
  ]

  init(_ text: SinkText, _ dialect: any HTTPDialect.Type) throws(Failure) {
    for (name, value) in text.options {
      guard Self.common.contains(name) || dialect.options.contains(name) else {
        throw .unknownOption(name, of: text.name, among: (Self.common + dialect.options).sorted())
      }
      if dialect.options.contains(name) { own[name] = value } else { try set(name, value, text.name) }
    }
    guard (certificate == nil) == (privateKey == nil) else {
      throw SinkSpec.wrong("Reading the sink \(text.name): cert and key must be set together.", hint: "Set both.")
    }
    guard tokenFile == nil || tokenEnvironment == nil else {
      throw SinkSpec.wrong(
        "Reading the sink \(text.name): token-file and token-env are both set.", hint: "Remove one of them.")
    }
  }

  /// An option of the service's own.
  subscript(_ name: String) -> String? { own[name] }

  /// One of a few words; the first if it is not set.
  func choice(_ name: String, _ words: [String], of sink: String) throws(Failure) -> String {
    let value = own[name] ?? words[0]
    if words.contains(value) { return value }
    throw .unknownValue(value, option: name, of: sink, among: words)
  }

  /// A whole number of the service's own.
  func number(_ name: String, _ range: ClosedRange<Int>, default value: Int, of sink: String) throws(Failure) -> Int {
    guard let text = own[name] else { return value }
    return try SinkText.number(name, text, range, of: sink)
  }

  private mutating func set(_ name: String, _ value: String, _ sink: String) throws(Failure) {
    switch name {
    case "token-file": tokenFile = value
    case "token-env": tokenEnvironment = value
    case "username": username = value
    case "ca": authorities = value
    case "cert": certificate = value
    case "key": privateKey = value
    case "gzip": compresses = try Self.flag(name, value, sink)
    case "batch-events": mostEvents = try SinkText.number(name, value, 1...100_000, of: sink)
    case "batch-bytes": mostBytes = try SinkText.number(name, value, 1_000...100_000_000, of: sink)
    case "connections": connections = try SinkText.number(name, value, 1...16, of: sink)
    case "timeout": timeout = try SinkText.number(name, value, 1...3_600, of: sink)
    default: headers.append(try Self.header(name, value, sink))
    }
  }

  /// `NAME:VALUE`, where the value is a reference for `header-file` and `header-env`.
  private static func header(
    _ option: String, _ text: String, _ sink: String
  ) throws(Failure) -> (name: String, value: HeaderValue) {
    let parts = text.split(separator: ":", maxSplits: 1).map(String.init)
    guard parts.count == 2, parts[0].utf8.allSatisfy(isTokenByte), parts[1].utf8.allSatisfy({ $0 >= 0x20 && $0 < 0x7F })
    else {
      throw SinkSpec.wrong(
        "Reading the sink \(sink): \(option) must be NAME:VALUE.", hint: "For example: X-Source:mail")
    }
    let value = String(parts[1].drop { $0 == " " })
    switch option {
    case "header-file": return (parts[0], .secret(.file(value)))
    case "header-env": return (parts[0], .secret(.environment(value)))
    default:
      guard !["authorization", "cookie", "proxy-authorization"].contains(parts[0].lowercasedASCII) else {
        throw SinkSpec.wrong(
          "Reading the sink \(sink): the header \(parts[0]) holds a secret.", hint: "Use header-file or header-env.")
      }
      return (parts[0], .plain(value))
    }
  }

  /// RFC 9110 section 5.6.2, the usual part of it.
  private static func isTokenByte(_ byte: UInt8) -> Bool {
    switch byte {
    case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, 0x2D, 0x5F: true
    default: false
    }
  }

  private static func flag(_ name: String, _ value: String, _ sink: String) throws(Failure) -> Bool {
    guard value == "on" || value == "off" else {
      throw SinkSpec.wrong("Reading the sink \(sink): \(name) must be on or off.", hint: "For example: \(name)=off")
    }
    return value == "on"
  }
}
