// What an answer that is not 200 means: a table from status and text to failure, exit code and hint.

internal import HTTPTransport
internal import IntakeCore

struct StatusReading: Sendable {
  let service: PageReading.Service
  let isContinued: Bool

  /// Microsoft's app whose service principal a tenant must hold before Graph gives out traces.
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
    case 200..<300: return .malformed(request, "status \(response.status) was not asked for")
    default: return refused(response.status, error, request)
    }
  }

  private func badRequest(_ error: RemoteError, _ request: Request) -> Failure {
    if let permanent = permanent(error, request) { return permanent }
    if isContinued { return deadLink(400, request) }
    if error.mentions("10 days") {
      return Failure(
        "source.window_too_wide", exit: .configuration,
        "\(request.purpose): the service takes at most 10 days at once.",
        hint: "Smaller windows are tried.", recovery: .smallerWindow)
    }
    if error.mentions("ResultSize") || error.mentions("$top") {
      return Failure(
        "source.page_size", exit: .configuration, "\(request.purpose): the service refuses the page size.",
        hint: "Set a page size of at most \(service == .graph ? "5000" : "2000").")
    }
    if error.mentions("not supported for AAD accounts") {
      return Failure(
        "source.wrong_url", exit: .configuration, "\(request.purpose): the service does not know this path.",
        hint: "Check --graph-url and --graph-api.")
    }
    return refused(400, error, request)
  }

  /// Said by the service with 400 or with 500: nothing that waiting would change.
  private func permanent(_ error: RemoteError, _ request: Request) -> Failure? {
    guard error.mentions("can't be older than") || error.mentions("cannot be older than") else { return nil }
    return Failure(
      "source.too_old", exit: .unavailable,
      "\(request.purpose): the window begins before the oldest rows that the service keeps.",
      hint: "Start later: rows older than \(service == .graph ? "90" : "30 (often 10)") days cannot be had any more.")
  }

  /// A clock that is off makes fresh tokens "not yet valid": where the service's own clock tells so, it is said.
  private func unauthorized(_ response: Response, _ request: Request, now: Instant) -> Failure {
    let skew = response.date.map { abs((now - $0).components.seconds) } ?? 0
    let clock = skew > 300 ? " This host's clock is \(skew) s off." : ""
    return Failure(
      .unauthorized, exit: .denied, "\(request.purpose): the service refuses the credential.\(clock)",
      hint: service == .graph
        ? "Check that the token is for this Graph, of the right tenant, and that this host's clock is right."
        : "Check username and password; basic sign-in is switched off in most tenants, where an Entra app is needed.")
  }

  private func forbidden(_ response: Response, _ request: Request) -> Failure {
    if response.looksLikeMarkup { return .notJSON(request) }
    return Failure(
      "source.forbidden", exit: .denied,
      "\(request.purpose): the sign-in is right, but it may not read message traces.",
      hint: service == .graph
        ? "Grant the application permission ExchangeMessageTrace.Read.All and give admin consent."
        : "Grant ReportingWebService.Read.All and the role Security Reader or Global Reader; "
          + "for an account, the roles View-Only Recipients and Message Tracking."
    )
  }

  private func notProvisioned(_ request: Request) -> Failure {
    Failure(
      "source.not_provisioned", exit: .unavailable,
      "\(request.purpose): the tenant lacks the service principal of Microsoft's message tracing app.",
      hint: "Run New-MgServicePrincipal -AppId \(Self.tracingApp) once; it takes up to 24 hours to work.")
  }

  private func missing(_ status: Int, _ request: Request) -> Failure {
    if isContinued { return deadLink(status, request) }
    if status == 410 {
      return Failure(
        "source.gone", exit: .unavailable, "\(request.purpose): the service is gone for this tenant.",
        hint: service == .graph
          ? "Check --graph-api: this generation of the API may have been taken away."
          : "Set the mode to graph: the legacy service is retired.")
    }
    return Failure(
      .notFound, exit: .configuration, "\(request.purpose): the service does not know the path.",
      hint: service == .graph
        ? "Check --graph-url and --graph-api; only the worldwide cloud has message traces."
        : "Check --reporting-url; where the legacy service is retired, set the mode to graph.")
  }

  private func deadLink(_ status: Int, _ request: Request) -> Failure {
    Failure(
      "source.dead_link", exit: .tryLater,
      "\(request.purpose): the service no longer takes its own next link (status \(status)).",
      hint: "The window is read again from its first page.", recovery: .restartWindow)
  }

  private func tooMuch(_ request: Request) -> Failure {
    Failure(
      "source.too_much", exit: .tryLater, "\(request.purpose): the service finds the request too large.",
      hint: "Smaller windows are tried.", recovery: .smallerWindow)
  }

  private func serverError(
    _ error: RemoteError, _ response: Response, _ request: Request, now: Instant
  ) -> Failure {
    if let permanent = permanent(error, request) { return permanent }
    if service == .reporting, ReportingPaging.isBeyondCap(request.address) { return ReportingPaging.beyondCap(request) }
    return .later(request, response, now: now)
  }

  private func refused(_ status: Int, _ error: RemoteError, _ request: Request) -> Failure {
    var said = error.shown
    while said.hasSuffix(".") { said.removeLast() }
    return Failure(
      .refused, exit: .protocolBroken,
      "\(request.purpose): the service refuses with status \(status)\(said.isEmpty ? "" : ": \(said)").",
      hint: service == .graph
        ? "Check --graph-url and --graph-api; in a search, the values asked for."
        : "Check --reporting-url; in a search, the values asked for.")
  }
}
