// A sink as the user writes it: one line, said back with what is wrong about it.

package import IntakeCore

/// `stdout`, `file:PATH`, or a syslog receiver as `udp://`, `tcp://`, `tls://`, `relp://`, `relps://` with host, port and options.
package struct SinkSpec: Sendable {
  /// What it writes to, without options: the sink's name in checkpoint, log and metrics. Changing an option therefore
  /// keeps the position.
  package let name: String
  let target: Target
  /// Of the receiver; every sink made from here shares it.
  private let receiver = ReceiverState()
  private let kafka = KafkaLink.Kept()

  enum Target: Sendable, Equatable {
    case stdout
    case file(String)
    case syslog(SyslogOptions.Transport, NetworkAddress, SyslogOptions)
    case kafka(KafkaSettings)
  }

  /// - Throws: `sink.spec` (78), naming the option or part that is wrong.
  package init(parsing text: String) throws(Failure) {
    if text == "stdout" {
      target = .stdout
      name = text
    } else if text.hasPrefix("file:") {
      target = .file(try Self.path(text))
      name = text
    } else if text.hasPrefix(KafkaSettings.scheme) {
      let settings = try KafkaSettings(parsing: text)
      target = .kafka(settings)
      name = settings.name
    } else {
      (target, name) = try Self.receiver(text)
    }
  }

  /// The sink itself, not opened yet.
  /// - Parameter owner: the tenant and the place of its state: what tells two collectors apart at a destination that keeps
  ///   track of them.
  package func makeSink(log: Log, time: TimeSource, owner: String = "") throws(Failure) -> any Sink {
    switch target {
    case .kafka(let settings): KafkaSink(settings, owner: owner, log: log, time: time, receiver: kafka)
    case .stdout: StdoutSink(log: log)
    case .file(let path): FileSink(path: path, log: log)
    case .syslog(.udp, let address, let options):
      DatagramSink(name: name, address: address, options: options, time: time)
    case .syslog(.tcp, let address, let options):
      StreamSink(
        name: name, options: options, connector: PlainConnector(address: address), log: log, time: time,
        receiver: receiver)
    case .syslog(.tls, let address, let options):
      StreamSink(
        name: name, options: options, connector: TLSConnector(address: address, options: options), log: log, time: time,
        receiver: receiver)
    case .syslog(.relp, let address, let options), .syslog(.relps, let address, let options):
      relp(address, options, log, time)
    }
  }

  private func relp(_ address: NetworkAddress, _ options: SyslogOptions, _ log: Log, _ time: TimeSource) -> RELPSink {
    let connector: any Connector =
      name.hasPrefix("relps:")
      ? TLSConnector(address: address, options: options, area: "sink.relp")
      : PlainConnector(area: "sink.relp", address: address)
    return RELPSink(name: name, options: options, connector: connector, log: log, time: time, receiver: receiver)
  }

  /// Connects to a TCP, TLS, RELP or Kafka receiver and lets go again, without a byte of an event: for `check`. Nothing is tried for
  /// the other sinks, whose opening says it all.
  package func reach(owner: String = "") throws(Failure) {
    if case .kafka(let settings) = target {
      let writer = settings.writer(of: owner)
      return try KafkaLink(settings, writer: writer, kept: kafka, taken: GrowingCount(), probe: { _ in }).reach()
    }
    guard case .syslog(let transport, let address, let options) = target else { return }
    switch transport {
    case .udp: return
    case .tcp: _ = try PlainConnector(address: address).connect(name: name)
    case .tls: _ = try TLSConnector(address: address, options: options).connect(name: name)
    case .relp, .relps: try relp(address, options, .silent, .system).reach()
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
    let isPath = text.hasPrefix("/") || text.hasPrefix("./")
    throw wrong(
      "Reading the sink \(text): it must be stdout, file:PATH, or begin with udp://, tcp://, tls://, relp://, relps:// or kafka://"
        + (isPath ? ", did you mean file:\(text)?" : "."))
  }

  static func wrong(_ sentence: String, hint: String = "For example: --sink file:/var/log/events.ndjson") -> Failure {
    Failure("sink.spec", exit: .configuration, sentence, hint: hint)
  }
}
