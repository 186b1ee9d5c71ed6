// Routes a request to its endpoint and applies faults before, instead of and after it.

internal import IntakeCore

/// Answers one request.
struct FaultyRouter {
  let simulation: Simulation
  let wait: @Sendable (Duration) -> Void

  func answer(_ request: HTTPRequest) -> HTTPResponse {
    let number = simulation.record(request)
    let faults = simulation.faults(path: request.path, followsLink: request.parameters["$skiptoken"] != nil)
    for fault in faults { applyBefore(fault) }
    let receiverFaults = ReceiverFaults(faults)
    var response =
      replacement(faults) ?? received(request, receiverFaults) ?? route(request, PageFaults(faults))
    response.set("Date", HTTPDate.text(simulation.now))
    for fault in faults { applyAfter(fault, request, to: &response) }
    if case .raw = response.delivery {
      simulation.finish(number, status: 0)
    } else {
      simulation.finish(number, status: response.status)
    }
    return response
  }

  private func route(_ request: HTTPRequest, _ faults: PageFaults) -> HTTPResponse {
    ReportingEndpoint(simulation: simulation, faults: faults).answer(request)
      ?? GraphEndpoint(simulation: simulation, faults: faults).answer(request)
      ?? IdentityEndpoint(simulation: simulation).answer(request)
      ?? TokenEndpoint(simulation: simulation).answer(request)
      ?? HTTPResponse(404, type: "text/plain", "Not simulated.\n")
  }

  /// The answer of a service that takes events; nil for other paths.
  private func received(_ request: HTTPRequest, _ faults: ReceiverFaults) -> HTTPResponse? {
    if faults.isTooLarge(request) {
      return HTTPResponse(413, type: "text/html", "<html><body>413 Request Entity Too Large</body></html>")
    }
    return EventCollectorEndpoint(simulation: simulation, faults: faults).answer(request)
      ?? IngestionEndpoint(simulation: simulation, faults: faults).answer(request)
      ?? LinesEndpoint(simulation: simulation, faults: faults).answer(request)
      ?? BulkEndpoint(simulation: simulation, faults: faults).answer(request)
  }

  private func applyBefore(_ fault: Fault) {
    switch fault {
    case .latency(let duration): wait(duration)
    case .tokenRevoked: simulation.revokeTokens()
    case .credentialReplaced: simulation.replaceCredentials()
    default: break
    }
  }

  private func replacement(_ faults: [Fault]) -> HTTPResponse? {
    for fault in faults {
      switch fault {
      case .throttled(let retryAfter): return throttled(retryAfter)
      case .status(let status), .expiredLink(let status): return Self.failure(status)
      case .html:
        return HTTPResponse(
          200, type: "text/html; charset=utf-8",
          "<!DOCTYPE html><html><head><title>Sign in</title></head><body><form action=\"/login\"></form></body></html>")
      case .redirect(let location):
        var response = HTTPResponse(302, type: "text/html", "")
        response.set("Location", location)
        return response
      case .answer(let status, let type, let body): return HTTPResponse(status, type: type, body)
      case .raw(let bytes):
        var response = HTTPResponse(200, type: "", "")
        response.delivery = .raw(bytes)
        return response
      default: continue
      }
    }
    return nil
  }

  private func throttled(_ retryAfter: Fault.RetryAfter?) -> HTTPResponse {
    var response = HTTPResponse(
      429, type: "application/json",
      #"{"error":{"code":"Error","message":"Your recent queries have surpassed the permitted limit, please try again later."}}"#
    )
    switch retryAfter {
    case nil: break
    case .seconds(let seconds): response.set("Retry-After", String(seconds))
    case .date(let duration): response.set("Retry-After", HTTPDate.text(simulation.now + duration))
    case .text(let text): response.set("Retry-After", text)
    }
    return response
  }

  private static func failure(_ status: Int) -> HTTPResponse {
    HTTPResponse(
      status, type: "application/json",
      #"{"error":{"code":"UnknownError","message":"","innerError":{"date":"2026-07-31T09:41:20","request-id":"d8e67680-0000-0000-0000-000000000000"}}}"#
    )
  }

  private func applyAfter(_ fault: Fault, _ request: HTTPRequest, to response: inout HTTPResponse) {
    switch fault {
    case .cut(let count): response.delivery = .cut(count)
    case .truncated: response.delivery = .truncated(response.body.count / 2)
    case .reset: response.delivery = .reset(response.body.count / 2)
    case .gzip, .brokenGzip:
      let accepted = request.header("accept-encoding")?.lowercased().contains("gzip") == true
      guard accepted || fault == .brokenGzip else { return }
      response.body = Gzip.wrap(response.body, broken: fault == .brokenGzip)
      response.set("Content-Encoding", "gzip")
    case .dateSkew(let skew): response.set("Date", HTTPDate.text(simulation.now + skew))
    case .noDate: response.set("Date", nil)
    default: break
    }
  }
}
