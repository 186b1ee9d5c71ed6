// What a status means where a service gives it no meaning of its own.

internal import HTTPTransport
internal import IntakeCore

enum StatusMeaning {
  /// - Throws: what concerns the request or the service, not its events.
  static func verdict(_ response: Response, on request: Request, now: Instant) throws(Failure) -> HTTPVerdict {
    switch response.status {
    case 200..<300: throw unreadable(request)
    case 300..<400: throw Failure.redirected(request, response).ofSink
    case 401: throw refused(request, 401, "the credential is not accepted")
    case 403: throw refused(request, 403, "the credential may not write there")
    case 404, 405, 410:
      throw Failure(
        "sink.http.not_found", exit: .configuration,
        "\(request.purpose): the service has no such address (HTTP \(response.status)).",
        hint: "Check host, port and path of the sink.")
    case 407: throw Failure.proxyRefused(request).ofSink
    case 413: return .tooLarge
    case 408, 423, 425, 429, 500...: throw later(request, response, now: now)
    case 400, 409, 412, 422: return .refused(kind: "http-\(response.status)", reason: words(response))
    default:
      throw Failure(
        "sink.http.refused", exit: .configuration,
        "\(request.purpose): the service refuses the request, whatever it holds (HTTP \(response.status)).",
        hint: response.status == 415
          ? "Check that the service takes this form, and gzip: the option gzip=off sends plain bodies."
          : "Check the service's settings.")
    }
  }

  /// 408, 425, 429 and 5xx.
  static func later(_ request: Request, _ response: Response, now: Instant) -> Failure {
    let pause = RetryAfter.read(response, now: now)
    let isThrottle = response.status == 429
    return Failure(
      isThrottle ? "sink.http.throttled" : "sink.http.busy", exit: .tryLater,
      "\(request.purpose): the service answers \(response.status)\(pause.map { ", again in \($0.exactly)" } ?? "").",
      hint: isThrottle
        ? "Retried automatically; if this persists, send less or raise the service's limits."
        : "Retried automatically; if this persists, check the health of the service.",
      recovery: .later(after: pause))
  }

  static func refused(_ request: Request, _ status: Int, _ why: String, hint: String? = nil) -> Failure {
    Failure(
      status == 401 ? "sink.http.unauthorized" : "sink.http.forbidden", exit: .denied,
      "\(request.purpose): \(why) (HTTP \(status)).",
      hint: hint ?? "Check the token and what it may do; events wait in the journal.")
  }

  /// An answer that says nothing: another program may have given it.
  static func unreadable(_ request: Request) -> Failure {
    Failure(
      "sink.http.answer", exit: .protocolBroken,
      "\(request.purpose): the answer is not one of this service; nothing counts as delivered.",
      hint: "A proxy or another program answers: check host, port and proxy.", recovery: .later(after: nil))
  }

  /// The beginning of the body as text, for dead letters.
  static func words(_ response: Response) -> String {
    "HTTP \(response.status): \(Log.clean(String(decoding: response.body.prefix(500), as: UTF8.self), limit: 600))"
  }
}
