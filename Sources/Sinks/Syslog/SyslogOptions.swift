// What can be set about a syslog receiver, behind the question mark of its spec.

internal import IntakeCore

/// Options of one syslog sink, checked.
struct SyslogOptions: Sendable, Equatable {
  enum Transport: String, Sendable, CaseIterable { case udp, tcp, tls, relp, relps }
  /// RFC 6587 sections 3.4.1 and 3.4.2.
  enum Framing: String, Sendable, CaseIterable {
    case octetCounting = "octet-counting"
    case newline
  }
  enum Format: String, Sendable, CaseIterable { case rfc5424, rfc3164 }
  /// When a batch counts as taken: the receiver closed after reading to our end of stream; its kernel acknowledged every
  /// byte; our kernel took them.
  enum Acknowledgement: String, Sendable, CaseIterable {
    case eof
    case strictEOF = "eof-strict"
    case kernel
    case none
  }

  var framing = Framing.octetCounting
  var format = Format.rfc5424
  var facility = 16
  var appName = "message-trace"
  /// nil: the host's own name.
  var hostname: String?
  var acknowledgement = Acknowledgement.eof
  /// PEM files for TLS; nil: the system's certificate authorities, no certificate of our own.
  var authorities: String?
  var certificate: String?
  var privateKey: String?
  /// Of one message, header included; longer events lose their largest fields. rsyslogd as it is delivered takes 8,096
  /// and makes the rest of a longer one a message of its own, with whatever header a sender of mail has written there.
  var maxBytes = 8_000
  /// Datagrams a second, 0 for as fast as they go.
  var rate = 500
  /// Messages on their way without an answer.
  var window = 1_000
  /// Seconds from the first refusal of a message until it is set aside at the earliest.
  var refusedAfter = 60
  /// Of the user's own, in every message; nil: none.
  var structuredData: StructuredData?
  private var token: SecretReference?

  static let names = [
    "framing", "format", "facility", "app-name", "hostname", "ack", "ca", "cert", "key", "max-bytes", "rate",
    "refused-after", "sd",
    "token-env", "token-file", "window",
  ]
  /// RFC 5424 section 6.2.1, in numerical order.
  static let facilities = [
    "kern", "user", "mail", "daemon", "auth", "syslog", "lpr", "news", "uucp", "cron", "authpriv", "ftp", "ntp",
    "audit",
    "alert", "clock", "local0", "local1", "local2", "local3", "local4", "local5", "local6", "local7",
  ]

  /// - Parameters:
  ///   - query: `name=value` pairs joined by `&`, values percent-encoded.
  ///   - spec: for the errors.
  init(_ transport: Transport, query: String, spec: String) throws(Failure) {
    for pair in query.split(separator: "&") {
      let parts = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
      let name = parts[0]
      guard Self.names.contains(name) else { throw .unknownOption(name, of: spec, among: Self.names) }
      guard parts.count == 2,
        let value = PercentEncoding.decode(parts[1]).flatMap({ String(validating: $0, as: UTF8.self) }), !value.isEmpty
      else {
        throw SinkSpec.wrong("Reading the sink \(spec): the option \(name) has no value.")
      }
      try set(name, value, transport, spec)
    }
    guard (certificate == nil) == (privateKey == nil) else {
      throw SinkSpec.wrong("Reading the sink \(spec): cert and key must be set together.")
    }
    try checkStructuredData(spec)
  }

  private mutating func checkStructuredData(_ spec: String) throws(Failure) {
    structuredData?.reference = token
    guard (structuredData?.needsSecret ?? false) == (token != nil) else {
      throw SinkSpec.wrong(
        "Reading the sink \(spec): the token and its place in sd must be set together.",
        hint: "For example: sd=%5BSEKOIA@53288%20intake_key=%22{token}%22%5D&token-file=PATH")
    }
    guard structuredData != nil else { return }
    guard format == .rfc5424 else {
      throw SinkSpec.wrong("Reading the sink \(spec): RFC 3164 has no structured data.", hint: "Remove sd or format.")
    }
    let least = 480 + 2 * StructuredData.mostBytes
    guard maxBytes >= least else {
      throw SinkSpec.wrong("Reading the sink \(spec): with sd, max-bytes must be at least \(least).")
    }
  }

  /// Reads the secret that the structured data holds.
  /// - Throws: exit 78 for one that is missing, unreadable or not private.
  mutating func loadSecrets(_ environment: [String: String], sink: String) throws(Failure) {
    try structuredData?.loadSecret(environment, sink: sink)
  }

  private mutating func set(_ name: String, _ value: String, _ transport: Transport, _ spec: String) throws(Failure) {
    switch name {
    case "framing": framing = try Self.choose(name, value, spec)
    case "format": format = try Self.choose(name, value, spec)
    case "ack": acknowledgement = try Self.choose(name, value, spec)
    case "facility": facility = try Self.index(of: value, spec)
    case "app-name": appName = try Self.printable(name, value, limit: 48, spec)
    case "hostname": hostname = try Self.printable(name, value, limit: 255, spec)
    case "ca": authorities = value
    case "cert": certificate = value
    case "key": privateKey = value
    case "max-bytes":
      maxBytes = try SinkText.number(name, value, 480...(transport == .udp ? 65_507 : 16 << 20), of: spec)
    case "refused-after": refusedAfter = try SinkText.number(name, value, 0...3_600, of: spec)
    case "sd": structuredData = try Self.structured(value, spec)
    case "token-env": token = .environment(value)
    case "token-file": token = .file(value)
    case "window": window = try SinkText.number(name, value, 1...10_000, of: spec)
    default: rate = try SinkText.number(name, value, 0...1_000_000, of: spec)
    }
    guard Self.transports(for: name).contains(transport) else {
      throw SinkSpec.wrong(
        "Reading the sink \(spec): the option \(name) is not supported for \(transport.rawValue).",
        hint: name == "framing" && transport == .tls ? "Remove it: TLS always counts octets (RFC 5425)." : "Remove it.")
    }
  }

  private static func transports(for name: String) -> [Transport] {
    switch name {
    case "framing": [.tcp]
    case "ack": [.tcp, .tls]
    case "ca", "cert", "key": [.tls, .relps]
    case "rate": [.udp]
    case "window", "refused-after": [.relp, .relps]
    default: [.udp, .tcp, .tls, .relp, .relps]
    }
  }

  private static func choose<Choice: RawRepresentable<String> & CaseIterable>(
    _ name: String, _ value: String, _ spec: String
  ) throws(Failure) -> Choice {
    if let choice = Choice(rawValue: value) { return choice }
    throw .unknownValue(value, option: name, of: spec, among: Choice.allCases.map(\.rawValue))
  }

  private static func structured(_ value: String, _ spec: String) throws(Failure) -> StructuredData {
    if let data = StructuredData(value) { return data }
    throw SinkSpec.wrong(
      "Reading the sink \(spec): sd is not structured data of RFC 5424, or longer than \(StructuredData.mostBytes) bytes.",
      hint: "Write [NAME@NUMBER key=\"value\"], percent-encoded: sd=%5Borigin@32473%20site=%22paris%22%5D")
  }

  private static func index(of facility: String, _ spec: String) throws(Failure) -> Int {
    if let index = facilities.firstIndex(of: facility) { return index }
    throw SinkSpec.wrong(
      "Reading the sink \(spec): facility=\(facility) is unknown.",
      hint: Suggestion.name(to: facility, among: facilities).map { "Did you mean \($0)?" } ?? "For example: local0.")
  }

  /// PRINTUSASCII of RFC 5424 section 6.
  private static func printable(_ name: String, _ value: String, limit: Int, _ spec: String) throws(Failure) -> String {
    guard value.utf8.count <= limit, value.utf8.allSatisfy({ (33...126).contains($0) }) else {
      throw SinkSpec.wrong(
        "Reading the sink \(spec): \(name) must be at most \(limit) visible ASCII characters, without spaces.")
    }
    return value
  }
}
