// A sink as the user writes it: one line, said back with what is wrong about it.

package import IntakeCore

/// `stdout`, `file:PATH`, a syslog receiver as `udp://`, `tcp://`, `tls://`, `relp://`, `relps://` with host, port and options, or
/// one of `kinds`.
package struct SinkSpec: Sendable {
  /// What it writes to, without options: the sink's name in checkpoint, log and metrics. Changing an option therefore
  /// keeps the position.
  package let name: String
  private(set) var target: Target
  /// Of the receiver; every sink made from here shares it.
  private let receiver = ReceiverState()

  enum Target: Sendable {
    case stdout
    case file(String)
    case syslog(SyslogOptions.Transport, NetworkAddress, SyslogOptions)
    case other(any SinkTarget)
  }

  /// Sinks whose specs are read in a folder of their own. A new one is a line here.
  static let kinds: [any SinkTarget.Type] = [KafkaTarget.self, HTTPTarget.self]

  /// - Throws: `sink.spec` (78), naming the option or part that is wrong.
  package init(parsing text: String) throws(Failure) {
    if text == "stdout" {
      target = .stdout
      name = text
    } else if text.hasPrefix("file:") {
      target = .file(try Self.path(text))
      name = text
    } else if Self.holdsUser(text) {
      throw Self.wrong(
        "Reading the sink \(text.prefix { $0 != ":" })://…: it must not hold a user name or password.",
        hint: "Use the options username and token-file or token-env.")
    } else if let parts = try SinkText(text), let kind = Self.kinds.first(where: { $0.schemes.contains(parts.scheme) })
    {
      target = .other(try kind.init(parts))
      name = parts.name
    } else {
      (target, name) = try Self.receiver(text)
    }
  }

  /// The same spec with the secrets that its options name.
  /// - Throws: exit 78 for one that is missing, unreadable or not private.
  package func withSecrets(_ environment: [String: String]) throws(Failure) -> SinkSpec {
    var spec = self
    switch target {
    case .stdout, .file: break
    case .syslog(let transport, let address, var options):
      try options.loadSecrets(environment, sink: name)
      spec.target = .syslog(transport, address, options)
    case .other(var target):
      try target.loadSecrets(environment)
      spec.target = .other(target)
    }
    return spec
  }

  /// True if its receiver is one to which single events may be sent for a test.
  package var isReceiver: Bool {
    switch target {
    case .stdout, .file: false
    case .syslog, .other: true
    }
  }

  /// True if its receiver tells one writer from another, so that they must be named alike on all machines.
  package var usesOwner: Bool {
    if case .other(let target) = target { target is KafkaTarget } else { false }
  }

  /// Profiles that the receiver knows fields of, the best first; empty: any.
  package var profiles: [String] {
    guard case .other(let target) = target else { return [] }
    return target.profiles
  }

  package func makeSink(log: Log, time: TimeSource) throws(Failure) -> any Sink {
    try makeSink(SinkContext(log: log, time: time))
  }

  /// The sink itself, not opened yet.
  package func makeSink(_ context: SinkContext) throws(Failure) -> any Sink {
    let (log, time) = (context.log, context.time)
    return switch target {
    case .other(let target): try target.makeSink(context)
    case .stdout: StdoutSink(log: log)
    case .file(let path): FileSink(path: path, log: log)
    case .syslog(.udp, let address, let options):
      DatagramSink(name: name, address: address, options: options, time: time)
    case .syslog(.tcp, let address, let options):
      StreamSink(
        name: name, options: options, connector: PlainConnector(address: address), log: log, time: time,
        barrier: Barrier(holding: .usual), receiver: receiver, isTrial: context.isTrial)
    case .syslog(.tls, let address, let options):
      StreamSink(
        name: name, options: options, connector: TLSConnector(address: address, options: options), log: log, time: time,
        barrier: Barrier(holding: .usual), receiver: receiver, isTrial: context.isTrial)
    case .syslog(.relp, let address, let options), .syslog(.relps, let address, let options):
      relp(address, options, context)
    }
  }

  private func relp(_ address: NetworkAddress, _ options: SyslogOptions, _ context: SinkContext) -> RELPSink {
    let connector: any Connector =
      name.hasPrefix("relps:")
      ? TLSConnector(address: address, options: options, area: "sink.relp")
      : PlainConnector(area: "sink.relp", address: address)
    return RELPSink(
      name: name, options: options, connector: connector, log: context.log, time: context.time, receiver: receiver,
      deadLetters: context.deadLetters)
  }

  /// Opens the sink and tries the way to its receiver, without a byte of an event: for `check`. What is good or doubtful,
  /// one sentence each.
  package func check(_ context: SinkContext) async throws(Failure) -> [SinkFinding] {
    let sink = try makeSink(context)
    _ = try await sink.open(at: nil)
    await sink.close()
    if case .other(let target) = target { return try await target.check(context) }
    try reach()
    guard isReceiver else { return [SinkFinding("The sink can be reached.")] }
    return [SinkFinding("The sink can be reached; --send-test shows whether it understands what it gets.")]
  }

  /// Connects to a TCP, TLS or RELP receiver and lets go again, without a byte of an event. Nothing is tried for the other
  /// sinks, whose opening says it all.
  package func reach() throws(Failure) {
    guard case .syslog(let transport, let address, let options) = target else { return }
    switch transport {
    case .udp: return
    case .tcp: _ = try PlainConnector(address: address).connect(name: name)
    case .tls: _ = try TLSConnector(address: address, options: options).connect(name: name)
    case .relp, .relps: try relp(address, options, SinkContext(log: .silent, time: .system)).reach()
    }
  }

  private static func path(_ text: String) throws(Failure) -> String {
    let path = String(text.dropFirst("file:".count))
    guard !path.isEmpty, !path.hasSuffix("/"), !path.utf8.contains(0) else {
      throw wrong("Reading the sink \(text): the path is missing.")
    }
    guard !path.hasPrefix("~") else {
      throw wrong("Reading the sink \(text): ~ is not expanded; use a full path.")
    }
    return path
  }

  private static func receiver(_ text: String) throws(Failure) -> (Target, String) {
    let parts = text.split(separator: "?", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
    for transport in SyslogOptions.Transport.allCases where text.hasPrefix("\(transport.rawValue)://") {
      let place = parts[0].dropFirst(transport.rawValue.count + 3)
      guard let address = NetworkAddress(String(place)) else {
        throw wrong(
          "Reading the sink \(text): it requires a host and a port from 1 to 65535.",
          hint: "For example: --sink \(transport.rawValue)://siem.example:6514; put an IPv6 address in brackets.")
      }
      let options = try SyslogOptions(transport, query: parts.count > 1 ? parts[1] : "", spec: parts[0])
      return (.syslog(transport, address, options), parts[0])
    }
    throw wrong(
      "Reading the sink \(text): it must be stdout, file:PATH, or begin with \(schemes)\(question(text))")
  }

  /// What a path alone, or a scheme that leaves the transport open, most likely means.
  private static func question(_ text: String) -> String {
    let syslog = "syslog://"
    if text.hasPrefix(syslog) { return ", did you mean tcp://\(text.dropFirst(syslog.utf8.count))?" }
    return text.contains(":") ? "." : ", did you mean file:\(text)?"
  }

  private static var schemes: String {
    let all = ["udp", "tcp", "tls", "relp", "relps"] + kinds.flatMap { $0.schemes }
    return all.dropLast().map { "\($0)://" }.joined(separator: ", ") + " or \(all.last ?? "")://"
  }

  /// True for an at sign in the place of host and port, also where a password before it has characters that end that place.
  private static func holdsUser(_ text: String) -> Bool {
    guard let mark = text.ranges(of: "://").first else { return false }
    let place = text[mark.upperBound...]
    guard let at = place.lastIndex(of: "@") else { return false }
    // Structured data of a syslog spec has at signs of its own, and slashes.
    let hasPath = kinds.contains { $0.schemes.contains(String(text[..<mark.lowerBound])) }
    return hasPath && place.prefix { $0 != "/" }.contains("@") || !place[..<at].contains("=")
  }

  static func wrong(_ sentence: String, hint: String = "For example: --sink file:/var/log/events.ndjson") -> Failure {
    Failure("sink.spec", exit: .configuration, sentence, hint: hint)
  }
}
