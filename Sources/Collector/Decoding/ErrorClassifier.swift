// The meaning of a status other than 200: failure, exit code and hint by status and error text.

internal import HTTPTransport
internal import IntakeCore

/// Turns an error response into a failure.
struct ErrorClassifier: Sendable {
  let service: TraceService
  let isContinued: Bool

  /// Microsoft's app whose service principal must exist in the tenant before Graph returns traces.
  static let tracingApp = "8bd644d1-64a1-4d4b-ae52-2e0cbf64e373"

  func failure(_ response: Response, _ request: Request, now: Instant) -> Failure {
    let error = RemoteError(response.body)
    if error.mentions(Self.tracingApp) { return notProvisioned(request) }
    switch response.status {
    case 300..<400: return .redirected(request, response)
    case 400: return badRequest(error, request)
    case 401: return unauthorized(response, request, now: now)
    case 403: return forbidden(response, request)
    case 404, 410: return missing(response.status, request)
    case 407: return .proxyRefused(request)
    case 413, 414: return tooMuch(request)
    case 408, 421, 425, 429: return .later(request, response, now: now)
    case 500..<600: return serverError(error, response, request, now: now)
    case 200..<300: return .malformed(request, "status \(response.status) is unexpected")
    default: return refused(response.status, error, request)
    }
  }

  private func badRequest(_ error: RemoteError, _ request: Request) -> Failure {
    if let permanent = permanent(error, request) { return permanent }
    if isContinued { return deadLink(400, request) }
    if error.mentions("10 days") {
      return Failure(
        "source.window_too_wide", exit: .configuration,
        "\(request.purpose): the service accepts at most 10 days per query.",
        hint: "Wait: smaller windows are tried automatically.", recovery: .smallerWindow)
    }
    if error.mentions("ResultSize") || error.mentions("$top") {
      return Failure(
        "source.page_size", exit: .configuration, "\(request.purpose): the service refuses the page size.",
        hint: "Set a page size of at most \(service == .graph ? "5000" : "2000").")
    }
    if error.mentions("not supported for AAD accounts") {
      return Failure(
        "source.wrong_url", exit: .configuration, "\(request.purpose): the service does not have this path.",
        hint: "Check --graph-url and --graph-api.")
    }
    return refused(400, error, request)
  }

  /// Sent by the service with 400 or 500; waiting does not help.
  private func permanent(_ error: RemoteError, _ request: Request) -> Failure? {
    guard error.mentions("can't be older than") || error.mentions("cannot be older than") else { return nil }
    return Failure(
      "source.too_old", exit: .unavailable,
      "\(request.purpose): the window begins before the oldest rows that the service keeps.",
      hint: "Start later: rows older than \(service == .graph ? "90" : "30 (often 10)") days are no longer available.")
  }

  /// A wrong clock makes fresh tokens "not yet valid", so the difference is reported.
  private func unauthorized(_ response: Response, _ request: Request, now: Instant) -> Failure {
    let skew = response.date.map { abs((now - $0).components.seconds) } ?? 0
    let clock = skew > 300 ? " This host's clock is \(skew) s off." : ""
    return Failure(
      .unauthorized, exit: .denied, "\(request.purpose): the service rejected the credential.\(clock)",
      hint: service == .graph
        ? "Check that the token is for this Graph endpoint and tenant, and that this host's clock is right."
        : "Check username and password; most tenants have basic sign-in disabled and need an Entra app.")
  }

  private func forbidden(_ response: Response, _ request: Request) -> Failure {
    if response.looksLikeMarkup { return .notJSON(request) }
    return Failure(
      "source.forbidden", exit: .denied,
      "\(request.purpose): the sign-in succeeded, but it has no permission to read message traces.",
      hint: service == .graph
        ? "Grant the application permission ExchangeMessageTrace.Read.All and give admin consent."
        : "Grant ReportingWebService.Read.All and the role Security Reader or Global Reader; "
          + "for a service account, the roles View-Only Recipients and Message Tracking."
    )
  }

  private func notProvisioned(_ request: Request) -> Failure {
    Failure(
      "source.not_provisioned", exit: .unavailable,
      "\(request.purpose): the tenant lacks the service principal of Microsoft's message tracing app.",
      hint: "Run New-MgServicePrincipal -AppId \(Self.tracingApp) once; it takes effect within 24 hours.")
  }

  private func missing(_ status: Int, _ request: Request) -> Failure {
    if isContinued { return deadLink(status, request) }
    if status == 410 {
      return Failure(
        "source.gone", exit: .unavailable, "\(request.purpose): the service is no longer available for this tenant.",
        hint: service == .graph
          ? "Check --graph-api: this version of the API may have been removed."
          : "Set the mode to graph: the legacy service is retired.")
    }
    return Failure(
      .notFound, exit: .configuration, "\(request.purpose): the service does not have this path.",
      hint: service == .graph
        ? "Check --graph-url and --graph-api; only the worldwide cloud has message traces."
        : "Check --reporting-url; if the legacy service is retired, set the mode to graph.")
  }

  private func deadLink(_ status: Int, _ request: Request) -> Failure {
    Failure(
      "source.dead_link", exit: .tryLater,
      "\(request.purpose): the service rejects its own next link (status \(status)).",
      hint: "Wait: the window is read again from its first page.", recovery: .restartWindow)
  }

  private func tooMuch(_ request: Request) -> Failure {
    Failure(
      "source.too_much", exit: .tryLater, "\(request.purpose): the service rejects the request as too large.",
      hint: "Wait: smaller windows are tried automatically.", recovery: .smallerWindow)
  }

  private func serverError(
    _ error: RemoteError, _ response: Response, _ request: Request, now: Instant
  ) -> Failure {
    if let permanent = permanent(error, request) { return permanent }
    return .later(request, response, now: now)
  }

  private func refused(_ status: Int, _ error: RemoteError, _ request: Request) -> Failure {
    return Failure(
      .refused, exit: .protocolBroken,
      "\(request.purpose): the service refuses with status \(status)\(error.shownCode).",
      hint: service == .graph
        ? "Check --graph-url and --graph-api; in a search, check the values."
        : "Check --reporting-url; in a search, check the values.")
  }
}
