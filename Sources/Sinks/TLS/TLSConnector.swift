// The way to a receiver over TLS, and what to say when it cannot be trusted.

internal import Glibc
internal import IntakeCore
internal import Synchronization

/// Connects, shakes hands, and says what is wrong with the receiver's certificate.
final class TLSConnector: Connector {
  let area = "sink.tls"
  private let address: NetworkAddress
  private let options: SyslogOptions
  private let settings = Mutex<TLSSettings?>(nil)

  init(address: NetworkAddress, options: SyslogOptions) {
    self.address = address
    self.options = options
  }

  /// Reads the files of certificates: once, when the sink is opened.
  func prepare() throws(Failure) { _ = try prepared("tls://\(address.host):\(address.port)") }

  private func prepared(_ name: String) throws(Failure) -> TLSSettings {
    if let known = settings.withLock({ $0 }) { return known }
    let new = try TLSSettings(options, name: name)
    settings.withLock { $0 = new }
    return new
  }

  func connect(name: String, within patience: Duration) throws(Failure) -> any StreamConnection {
    let settings = try prepared(name)
    let connection: TLSConnection
    do {
      connection = try TLSConnection(try Socket.connect(address, datagrams: false, within: patience), settings, address)
    } catch {
      throw error.failure(area, name)
    }
    do {
      try connection.shakeHands(within: patience)
    } catch {
      if let verdict = connection.verdict { throw untrusted(name, verdict) }
      guard error.number == EPROTO else { throw error.failure(area, name) }
      throw Failure(
        "sink.tls.handshake", exit: .protocolBroken, "Sending to \(name): no TLS connection could be agreed on.",
        hint:
          "Does the receiver speak TLS 1.2 or later on this port, and does it want a client certificate (cert, key)?")
    }
    return connection
  }

  private func untrusted(_ name: String, _ verdict: String) -> Failure {
    Failure(
      "sink.tls.untrusted", exit: .protocolBroken,
      "Sending to \(name): its certificate is refused (\(verdict)); nothing was sent.",
      hint: "Name the authority that signed it with ca=FILE, and the host as the certificate spells it.")
  }
}
