// Failures that follow from a status or from what a body begins with, the same for every service and sign-in.

package import IntakeCore

extension Failure {
  package static func redirected(_ request: Request, _ response: Response) -> Failure {
    let location = response.header("location").flatMap { request.address.resolving($0) }
    let target = location.map { " to \($0.origin.host)" } ?? ""
    return Failure(
      "source.redirect", exit: .protocolBroken,
      "\(request.purpose): the service redirects\(target) with status \(response.status); nothing was sent there.",
      hint: "Configure the service's final URL; where a proxy asks for a sign-in, exempt this host.")
  }

  /// - Parameter proxy: its name for errors, where it is known.
  package static func proxyRefused(_ request: Request, _ proxy: String? = nil) -> Failure {
    Failure(
      "http.proxy", exit: .configuration,
      "\(request.purpose): the proxy\(proxy.map { " \($0)" } ?? "") requires authentication.",
      hint: "Set its URL with user name and password in MESSAGE_TRACE_PROXY or a file (--proxy-file).")
  }

  /// For statuses that a later try may end otherwise: 408, 421, 425, 429 and 5xx.
  package static func later(_ request: Request, _ response: Response, now: Instant) -> Failure {
    let retryAfter = RetryAfter.read(response, now: now)
    if response.status == 429 || response.status == 509 {
      return Failure(
        .throttled, exit: .tryLater,
        "\(request.purpose): rate limited (HTTP \(response.status))\(retryAfter.map { "; retry in \($0.exactly)" } ?? "").",
        hint:
          "Wait: other programs of this tenant share its quota. If this persists, let each of them send requests less often.",
        recovery: .later(after: retryAfter))
    }
    return Failure(
      response.status == 504 ? .gatewayTimeout : .init(rawValue: "source.busy"), exit: .tryLater,
      "\(request.purpose): the service returned status \(response.status).",
      hint: "Retried automatically; if this persists, check Microsoft's service health.",
      recovery: .later(after: retryAfter))
  }

  package static func notJSON(_ request: Request) -> Failure {
    Failure(
      "source.not_json", exit: .protocolBroken, "\(request.purpose): the response is a web page, not data.",
      hint: "A sign-in page or proxy intercepted the request: check URL, proxy and the account's access.")
  }
}
