// How requests are made: deadlines, limits, trust and proxy. The same for every service and sign-in of one source.

/// What one HTTP exchange may take and whom it may trust.
package struct HTTPSettings: Sendable {
  /// A PEM file of certificate authorities, in place of the system's; nil: `SSL_CERT_FILE`, else the system's.
  package var caFile: String?
  /// A proxy's URL. Only this one is used: proxy variables in the environment have no effect.
  package var proxy: String?
  /// From the first packet to the end of the TLS handshake.
  package var connectDeadline: Duration
  /// The longest silence of the peer.
  package var idleDeadline: Duration
  /// The whole exchange.
  package var totalDeadline: Duration
  /// Bytes of a body, counted after decompression.
  package var bodyCap: Int
  package var userAgent: String

  package init(
    caFile: String? = nil, proxy: String? = nil, connectDeadline: Duration = .seconds(10),
    idleDeadline: Duration = .seconds(30), totalDeadline: Duration = .seconds(120), bodyCap: Int = 64 << 20,
    userAgent: String = "message-trace"
  ) {
    self.caFile = caFile
    self.proxy = proxy
    self.connectDeadline = connectDeadline
    self.idleDeadline = idleDeadline
    self.totalDeadline = totalDeadline
    self.bodyCap = bodyCap
    self.userAgent = userAgent
  }

  /// Bytes of all header lines of one answer, interim answers and trailers included.
  package static let headCap = 65_536
}
