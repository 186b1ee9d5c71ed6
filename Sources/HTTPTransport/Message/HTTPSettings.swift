// How requests are made: deadlines, limits, trust and proxy. The same for every service and sign-in of one source.

internal import Glibc
package import IntakeCore

/// What one HTTP exchange may take and whom it may trust.
package struct HTTPSettings: Sendable {
  /// A PEM file of certificate authorities, in place of the system's; nil: `SSL_CERT_FILE`, else the system's.
  package var caFile: String?
  /// PEM files of a client certificate with its chain, and of its private key; nil: none.
  package var certificateFile: String?
  package var privateKeyFile: String?
  /// A proxy's URL. Only this one is used: proxy variables in the environment have no effect.
  package var proxy: Secret?
  /// From the first packet to the end of the TLS handshake.
  package var connectDeadline: Duration
  /// The longest time without a byte in either direction.
  package var idleDeadline: Duration
  /// The whole exchange.
  package var totalDeadline: Duration
  /// Bytes of a body, counted after decompression.
  package var bodyCap: Int
  package var userAgent: String

  package init(
    caFile: String? = nil, proxy: Secret? = nil, connectDeadline: Duration = .seconds(10),
    idleDeadline: Duration = .seconds(30), totalDeadline: Duration = .seconds(120), bodyCap: Int = 32 << 20,
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

  /// Scheme, host and port of the proxy, for errors; nil where there is none.
  package var proxyName: String? {
    guard let text = proxy?.revealed else { return nil }
    let scheme = text.ranges(of: "://").first.map { String(text[..<$0.upperBound]) } ?? ""
    let authority = text.dropFirst(scheme.count).prefix { $0 != "/" && $0 != "?" && $0 != "#" }
    let host = authority.lastIndex(of: "@").map { authority[authority.index(after: $0)...] } ?? authority
    return Log.clean(scheme + host, limit: 120)
  }

  /// A proxy variable of the environment, which has no effect here.
  static var ignoredProxyVariable: String? {
    ["HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy", "HTTP_PROXY", "http_proxy"].first { name in
      unsafe getenv(name).map { unsafe $0.pointee != 0 } ?? false
    }
  }

  /// Bytes of all header lines of one answer, interim answers and trailers included.
  package static let headCap = 65_536
}
