// What libcurl's result codes mean for a person and for the next attempt.

internal import IntakeCore

/// libcurl's result codes that mean something here. Source: curl/curl.h, which never renumbers them.
enum CurlCode {
  static let unsupportedProtocol: Int32 = 1
  static let badProxyName: Int32 = 5
  static let badHostName: Int32 = 6
  static let noConnection: Int32 = 7
  static let weirdReply: Int32 = 8
  static let http2Failed: Int32 = 16
  static let partialBody: Int32 = 18
  static let refusedByCallback: Int32 = 23
  static let outOfMemory: Int32 = 27
  static let timedOut: Int32 = 28
  static let tlsHandshakeFailed: Int32 = 35
  static let emptyReply: Int32 = 52
  static let sendFailed: Int32 = 55
  static let receiveFailed: Int32 = 56
  static let badAuthorityFile: Int32 = 77
  static let http2StreamFailed: Int32 = 92
  static let proxyFailed: Int32 = 97
  /// Client certificate, cipher, peer certificate, issuer, pinned key, certificate status.
  static let untrusted: Set<Int32> = [58, 59, 60, 83, 90, 91]
  /// Not one of libcurl's: a call of its multi interface failed.
  static let multiFailed: Int32 = -1
}

/// A transfer that did not end in a whole answer.
struct CurlFault {
  var code: Int32
  var breach: ResponseBuffer.Breach?
  /// The proxy's status where it refused the tunnel, else 0.
  var connectStatus: Int
  /// What libssl says of the peer's certificate, 0 if it is good.
  var verifyResult = 0
  var settings: HTTPSettings

  func failure(_ request: Request) -> Failure {
    if let breach { return breachFailure(breach, request) }
    let proxy = request.mayUseProxy ? settings.proxyName : nil
    if connectStatus == 407 { return .proxyRefused(request, proxy) }
    if code == CurlCode.badProxyName || code == CurlCode.proxyFailed || (code == CurlCode.noConnection && proxy != nil)
    {
      return proxyUnreachable(request, proxy ?? "")
    }
    let host = request.address.origin.host
    switch code {
    case CurlCode.badHostName: return nameNotFound(request, host)
    case CurlCode.noConnection: return connectionRefused(request, host)
    case CurlCode.timedOut:
      return unreachable(request, "\(host) did not answer within \(settings.connectDeadline.exactly)")
    case CurlCode.tlsHandshakeFailed:
      return tlsFailure(request, "the TLS handshake with \(host) failed", .later(after: nil))
    case _ where CurlCode.untrusted.contains(code): return certificateFailure(request, host)
    case CurlCode.badAuthorityFile: return authorityFileFailure(request)
    case CurlCode.partialBody, CurlCode.emptyReply, CurlCode.sendFailed, CurlCode.receiveFailed, CurlCode.http2Failed,
      CurlCode.http2StreamFailed:
      return .cutShort(request)
    case CurlCode.unsupportedProtocol, CurlCode.weirdReply, CurlCode.refusedByCallback:
      return .malformed(request, "not HTTP")
    case CurlCode.multiFailed:
      return Failure("http.internal", exit: .system, "\(request.purpose): libcurl reported an internal error.")
    case CurlCode.outOfMemory:
      return Failure("http.memory", exit: .system, "\(request.purpose): libcurl is out of memory.")
    default: return unreachable(request, "the transfer failed with libcurl's code \(code)")
    }
  }

  private func nameNotFound(_ request: Request, _ host: String) -> Failure {
    unreachable(
      request, "the name \(host) cannot be resolved",
      hint: "Check the spelling of the host in the URL, and this host's name servers.")
  }

  private func connectionRefused(_ request: Request, _ host: String) -> Failure {
    let port = request.address.origin.port
    return unreachable(
      request, "connection to \(host) port \(port) refused",
      hint: "Check host and port of the URL, and that a firewall does not reject the connection.")
  }

  private func proxyUnreachable(_ request: Request, _ proxy: String) -> Failure {
    unreachable(
      request, "the proxy \(proxy) cannot be reached", hint: "Check host and port of the configured proxy.")
  }

  /// - Parameter hint: that a proxy variable is ignored goes before it: the likeliest reason where one is set.
  private func unreachable(
    _ request: Request, _ reason: String,
    hint: String = "Check the network and this host's firewall."
  ) -> Failure {
    var hint = hint
    if let proxy = settings.proxyName, request.mayUseProxy, !reason.contains(proxy) {
      return .unreachable(request, "\(reason) (through the proxy \(proxy))", hint: hint)
    }
    if settings.proxy == nil, request.mayUseProxy, let variable = HTTPSettings.ignoredProxyVariable {
      hint = "Set --proxy if a proxy is needed: \(variable) is set, but proxy variables are not used. \(hint)"
    }
    return .unreachable(request, reason, hint: hint)
  }

  /// By the numbers of X509_V_ERR in openssl/x509_vfy.h; 0 where the TLS library is another one.
  private func certificateFailure(_ request: Request, _ host: String) -> Failure {
    switch verifyResult {
    case 10:
      return tlsFailure(
        request, "the certificate of \(host) has expired",
        hint: "Check this host's clock; if it is right, the operator of \(host) has to renew the certificate.")
    case 9:
      return tlsFailure(
        request, "the certificate of \(host) is not valid yet", hint: "Check this host's clock.")
    case 18, 19, 20, 21:
      return tlsFailure(request, "the certificate of \(host) is signed by an authority that is not trusted here")
    default: return tlsFailure(request, "the certificate of \(host) is untrusted or issued for another host")
    }
  }

  private func breachFailure(_ breach: ResponseBuffer.Breach, _ request: Request) -> Failure {
    switch breach {
    case .head: .malformed(request, "the response headers exceed \(HTTPSettings.headCap / 1_024) kB")
    case .encoding: .malformed(request, "invalid gzip data")
    case .body:
      Failure(
        "source.too_large", exit: .protocolBroken,
        "\(request.purpose): the response exceeds \(min(settings.bodyCap, request.bodyCap) >> 10) KiB after decompression.",
        hint: "Smaller windows are tried automatically; if this persists, reduce the page size.",
        recovery: .smallerWindow)
    }
  }

  private func tlsFailure(
    _ request: Request, _ reason: String, _ recovery: Failure.Recovery = .never,
    hint: String =
      "If a proxy inspects TLS, set --ca-file to its CA certificate; otherwise check the URL and this host's clock."
  ) -> Failure {
    let proxy = request.mayUseProxy ? settings.proxyName.map { " (through the proxy \($0))" } ?? "" : ""
    return Failure(
      "source.tls", exit: .protocolBroken, "\(request.purpose): \(reason)\(proxy); nothing was sent.", hint: hint,
      recovery: recovery)
  }

  private func authorityFileFailure(_ request: Request) -> Failure {
    Failure(
      "http.ca_file", exit: .configuration, "\(request.purpose): the CA file cannot be read.",
      hint: "Check the CA file setting, or SSL_CERT_FILE; it must be PEM.")
  }
}
