// What libcurl's result codes mean for a person and for the next attempt.

package import IntakeCore

/// A transfer that did not end in a whole answer.
struct CurlFault {
  var code: Int32
  var excess: ResponseBuffer.Excess?
  /// The proxy's status where it refused the tunnel, else 0.
  var connectStatus: Int
  /// What libssl says of the peer's certificate, 0 if it is good.
  var verifyResult = 0
  var settings: HTTPSettings

  func failure(_ request: Request) -> Failure {
    if let excess { return excessFailure(excess, request) }
    let proxy = request.mayUseProxy ? settings.proxyName : nil
    if connectStatus == 407 { return .proxyRefused(request, proxy) }
    if code == 5 || code == 97 || (code == 7 && proxy != nil) { return proxyUnreachable(request, proxy ?? "") }
    let host = request.address.origin.host
    switch code {
    case 6: return nameNotFound(request, host)
    case 7: return connectionRefused(request, host)
    case 28: return unreachable(request, "\(host) did not answer within \(settings.connectDeadline.exactly)")
    case 35: return tlsFailure(request, "the TLS handshake with \(host) failed", .later(after: nil))
    case 58, 59, 60, 83, 90, 91: return certificateFailure(request, host)
    case 77: return authorityFileFailure(request)
    case 18, 52, 55, 56, 16, 92: return .cutShort(request)
    case 1, 8, 23: return .malformed(request, "it is not HTTP")
    case 27: return Failure("http.memory", exit: .system, "\(request.purpose): libcurl is out of memory.")
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
      request, "\(host) refuses the connection to port \(port)",
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
    default: return tlsFailure(request, "the certificate of \(host) is not trusted or not its own")
    }
  }

  private func excessFailure(_ excess: ResponseBuffer.Excess, _ request: Request) -> Failure {
    switch excess {
    case .head: .malformed(request, "its header lines are longer than \(HTTPSettings.headCap / 1_024) kB")
    case .encoding: .malformed(request, "its compression is broken")
    case .body:
      Failure(
        "source.too_large", exit: .protocolBroken,
        "\(request.purpose): the answer is larger than \(min(settings.bodyCap, request.bodyCap) >> 10) KiB after decompression.",
        hint: "Smaller windows are tried; if it stays so, ask for a smaller page size.", recovery: .smallerWindow)
    }
  }

  private func tlsFailure(
    _ request: Request, _ reason: String, _ recovery: Failure.Recovery = .never,
    hint: String =
      "Where a proxy inspects TLS, name its authority in the CA file setting; else check the URL and this host's clock."
  ) -> Failure {
    let proxy = request.mayUseProxy ? settings.proxyName.map { " (through the proxy \($0))" } ?? "" : ""
    return Failure(
      "source.tls", exit: .protocolBroken, "\(request.purpose): \(reason)\(proxy); nothing was sent.", hint: hint,
      recovery: recovery)
  }

  private func authorityFileFailure(_ request: Request) -> Failure {
    Failure(
      "http.ca_file", exit: .configuration, "\(request.purpose): the file of certificate authorities cannot be read.",
      hint: "Check the CA file setting, or SSL_CERT_FILE; it must be PEM.")
  }
}

extension Failure {
  package static func unreachable(_ request: Request, _ reason: String, hint: String) -> Failure {
    Failure(
      "source.unreachable", exit: .tryLater, "\(request.purpose): \(reason).", hint: hint,
      recovery: .later(after: nil))
  }

  /// The answer ended early, or its connection was reset.
  package static func cutShort(_ request: Request) -> Failure {
    Failure(
      "source.cut_short", exit: .tryLater, "\(request.purpose): the answer was cut short.",
      hint: "Try again; if it stays so, look at what stands between here and the service, such as a proxy.",
      recovery: .later(after: nil))
  }

  package static func malformed(_ request: Request, _ reason: String) -> Failure {
    Failure(
      "source.malformed", exit: .protocolBroken, "\(request.purpose): the answer cannot be read: \(reason).",
      hint: "Check that the configured URL is the service's own and that no proxy answers in its place.",
      recovery: .later(after: nil))
  }

  package static func tooSlow(_ request: Request, _ deadline: Duration) -> Failure {
    Failure(
      "source.too_slow", exit: .tryLater, "\(request.purpose): the answer was not whole after \(deadline.exactly).",
      hint: "Smaller windows are tried; if it stays so, ask for a smaller page size.", recovery: .smallerWindow)
  }

  package static func silent(_ request: Request, _ deadline: Duration) -> Failure {
    Failure(
      .silent, exit: .tryLater, "\(request.purpose): nothing arrived for \(deadline.exactly).",
      hint: "Try again later; if it stays so, look at what stands between here and the service, such as a firewall.",
      recovery: .later(after: nil))
  }
}

extension Duration {
  /// `10 s` or `1.5 s`, for sentences.
  package var exactly: String {
    let milliseconds = wholeMilliseconds
    return milliseconds % 1_000 == 0 ? "\(milliseconds / 1_000) s" : "\(Double(milliseconds) / 1_000) s"
  }
}
