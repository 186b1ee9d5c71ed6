// Decoding of responses to pages, or to failures. Nothing is assumed about the format that was requested.

internal import HTTPTransport
internal import IntakeCore

/// Decodes the responses of one service.
struct PageDecoder: Sendable {
  let service: TraceService
  let time: TimeSource
  let log: Log
  let logged: SeenCodes

  /// Decodes the response to `request`.
  /// - Parameter isContinued: the request followed a next link, which may have expired.
  func page(_ response: Response, _ request: Request, isContinued: Bool) throws(Failure) -> Page {
    do {
      return try read(response, request, isContinued: isContinued)
    } catch {
      throw error.withRequestIDs(request, response)
    }
  }

  /// Checks a response with one JSON object that is not a list; nil if the service has none (404).
  func object(_ response: Response, _ request: Request) throws(Failure) -> [UInt8]? {
    let isMissing =
      response.status == 404 && response.body.count <= RemoteError.maximumBytes
      && (try? JSONValue(parsing: response.body))?["error"] != nil
    guard !isMissing else { return nil }
    guard response.status == 200 else {
      throw refusal(response, request, isContinued: false).withRequestIDs(request, response)
    }
    guard RowColumns(RowColumns.compact(response.body, 0..<response.body.count)) != nil else {
      throw .malformed(request, "it is not a JSON object")
    }
    return response.body
  }

  private func read(_ response: Response, _ request: Request, isContinued: Bool) throws(Failure) -> Page {
    guard response.status == 200 else { throw refusal(response, request, isContinued: isContinued) }
    try checkEncoding(response, request)
    guard !response.body.isEmpty else { throw .cutShort(request) }
    if response.looksLikeMarkup { return try markup(response, request) }
    return try json(response, request)
  }

  private func json(_ response: Response, _ request: Request) throws(Failure) -> Page {
    let envelope: Envelope?
    do {
      envelope = try Envelope(response.body)
    } catch {
      throw .malformed(request, "\(error.reason.rawValue) at byte \(error.offset)")
    }
    guard let envelope else { throw unknownShape(request) }
    warnOfType(response)
    guard !envelope.hasError else { throw errorInAnswer(response, request) }
    return Page(
      bytes: response.body, rows: envelope.rows, cells: envelope.cells,
      next: envelope.next.map { PageCursor(link: $0) },
      serverDate: response.date)
  }

  /// The legacy service may answer with Atom, its default; any other markup is a web page.
  private func markup(_ response: Response, _ request: Request) throws(Failure) -> Page {
    guard service == .reporting, response.isXML else { throw webPage(response, request) }
    let feed: AtomFeed?
    do {
      feed = try AtomFeed(response.body)
    } catch {
      throw .malformed(request, "\(error.reason) at byte \(error.offset)")
    }
    guard let feed else { throw webPage(response, request) }
    let next = feed.next.flatMap { $0.isEmpty ? nil : PageCursor(link: $0) }
    return Page(bytes: feed.bytes, rows: feed.rows, next: next, serverDate: response.date)
  }

  /// The failure that a status stands for. What the service says of it is logged for debugging alone, filtered.
  private func refusal(_ response: Response, _ request: Request, isContinued: Bool) -> Failure {
    let said = RemoteText.filtered(RemoteError(response.body).message)
    if !said.isEmpty { log(.debug, "source.said", "\(request.purpose): the service gives a reason.", [("said", said)]) }
    return ErrorClassifier(service: service, isContinued: isContinued).failure(response, request, now: time.now())
  }

  /// The beginning of a web page identifies the sender.
  private func webPage(_ response: Response, _ request: Request) -> Failure {
    let begin = RemoteText.filtered(String(decoding: response.body.prefix(80), as: UTF8.self))
    log(.debug, "source.body", "\(request.purpose): the response is a web page.", [("begins", begin)])
    return .notJSON(request)
  }

  private func warnOfType(_ response: Response) {
    let type = (response.header("content-type") ?? "json").lowercasedASCII
    guard !type.contains("json"), logged.isNew("source.type") else { return }
    log(
      .warning, "source.type", "The service sends JSON with another content type; it is accepted.", [("type", type)])
  }

  /// Accepts only UTF-8 and gzip.
  private func checkEncoding(_ response: Response, _ request: Request) throws(Failure) {
    for encoding in response.headers(named: "content-encoding") {
      guard ["gzip", "identity", ""].contains(encoding.lowercasedASCII) else {
        throw .malformed(request, "its content encoding is not gzip")
      }
    }
    let type = (response.header("content-type") ?? "").lowercasedASCII
    guard let charset = type.ranges(of: "charset=").first else { return }
    let name = type[charset.upperBound...].prefix { $0 != ";" }.filter { $0 != "\"" }.trimmingSpace
    guard ["utf-8", "utf8", "us-ascii"].contains(name) else { throw .malformed(request, "its text is not UTF-8") }
  }

  /// The service failed while it was answering: rows may be missing.
  private func errorInAnswer(_ response: Response, _ request: Request) -> Failure {
    Failure(
      "source.error_in_answer", exit: .tryLater,
      "\(request.purpose): the response contains an error, so rows may be missing.",
      hint: "Wait: the window is read again automatically.", recovery: .later(after: nil))
  }

  private func unknownShape(_ request: Request) -> Failure {
    Failure(
      "source.unknown_shape", exit: .protocolBroken,
      "\(request.purpose): the answer is JSON, but not a list of rows in a known shape.",
      hint: "Check that the configured URL is the service's own.")
  }
}
