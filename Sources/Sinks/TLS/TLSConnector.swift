// The way to a receiver over TLS, and what to say when it cannot be trusted.

internal import Glibc
internal import IntakeCore
internal import Synchronization

/// Connects, shakes hands, and says what is wrong with the receiver's certificate.
final class TLSConnector: Connector {
  let area: String
  private let address: NetworkAddress
  private let options: SyslogOptions
  private let settings = Mutex<TLSSettings?>(nil)

  /// - Parameter area: first part of the codes of what is no fault of TLS itself.
  init(address: NetworkAddress, options: SyslogOptions, area: String = "sink.tls") {
    self.area = area
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

  func connect(name: String, within timeout: Duration) throws(Failure) -> any StreamConnection {
    let settings = try prepared(name)
    let connection: TLSConnection
    do {
      connection = try TLSConnection(try Socket.connect(address, datagrams: false, within: timeout), settings, address)
    } catch {
      throw error.failure(area, name)
    }
    do {
      try connection.shakeHands(within: timeout)
    } catch {
      if let verdict = connection.verdict { throw untrusted(name, verdict) }
      // Nothing was sent yet: an end here says nothing of how this receiver ends a connection.
      let fault = error == .truncated ? SocketFault(ECONNRESET) : error
      guard fault.number == EPROTO else { throw fault.failure(area, name) }
      throw Failure(
        "sink.tls.handshake", exit: .protocolBroken, "Sending to \(name): the TLS handshake failed.",
        hint:
          "Check that the receiver supports TLS 1.2 or later on this port and whether it requires a client certificate (cert, key)."
      )
    }
    return connection
  }

  private func untrusted(_ name: String, _ verdict: String) -> Failure {
    Failure(
      "sink.tls.untrusted", exit: .protocolBroken,
      "Sending to \(name): its certificate is rejected (\(verdict)); nothing was sent.",
      hint: "Set ca=FILE to the issuing CA and use the host name in the certificate.")
  }
}
