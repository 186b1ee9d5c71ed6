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
      guard fault.number != ETIMEDOUT else { throw silent(name) }
      guard fault.number == EPROTO else { throw fault.failure(area, name) }
      throw Failure(
        "sink.tls.handshake", exit: .protocolBroken, "Sending to \(name): the TLS handshake failed.",
        hint:
          "Check that the receiver supports TLS 1.2 or later on this port and whether it requires a client certificate (cert, key)."
      )
    }
    return connection
  }

  private func untrusted(_ name: String, _ verdict: (number: Int, text: String)) -> Failure {
    Failure(
      "sink.tls.untrusted", exit: .protocolBroken,
      "Sending to \(name): its certificate is rejected (\(verdict.text)); nothing was sent.",
      hint: Self.remedy(verdict.number))
  }

  /// By the number of the verdict in OpenSSL's x509_vfy.h.
  private static func remedy(_ number: Int) -> String {
    switch number {
    case 9: "Check the clocks of both hosts: the receiver's certificate is not valid yet."
    case 10: "Renew the receiver's certificate; another ca= does not help. If it is new, check this host's clock."
    case 62, 64: "Use the host name or address that the certificate contains, or have one made for this one."
    default: "Set ca=FILE to the CA that has issued the receiver's certificate."
    }
  }

  /// A listener without TLS waits for a message where TLS waits for its answer.
  private func silent(_ name: String) -> Failure {
    Failure(
      .init(rawValue: "\(area).timeout"), exit: .tryLater,
      "Sending to \(name): the receiver has accepted the connection and does not answer the TLS handshake.",
      hint: "Check that this port speaks TLS: tcp:// (or relp://) is for one that does not.",
      recovery: .later(after: nil), cause: SocketFault(ETIMEDOUT))
  }
}
