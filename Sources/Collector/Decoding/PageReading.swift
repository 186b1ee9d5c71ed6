// From an answer to a page, or to the failure that the answer tells of. Nothing is assumed about what was asked for.

internal import HTTPTransport
internal import IntakeCore

/// What differs between the two services in reading answers.
struct PageReading: Sendable {
  enum Service: Sendable { case graph, reporting }

  let service: Service
  let time: TimeSource
  let log: Log
  let once: Once

  /// The page of an answer to `request`.
  /// - Parameter isContinued: the request followed a next link, which may have died.
  func page(_ response: Response, _ request: Request, isContinued: Bool) throws(Failure) -> Page {
    do {
      return try read(response, request, isContinued: isContinued)
    } catch {
      throw error.naming(request, response)
    }
  }

  private func read(_ response: Response, _ request: Request, isContinued: Bool) throws(Failure) -> Page {
    guard response.status == 200 else {
      throw StatusReading(service: service, isContinued: isContinued)
        .failure(response, request, now: time.now())
    }
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
      bytes: response.body, rows: envelope.rows, next: envelope.next.map { PageCursor(link: $0) },
      serverDate: response.date)
  }

  /// Atom is the legacy service's default, whatever was asked for; any other markup is a web page.
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

  /// How a web page begins tells a person whose it is.
  private func webPage(_ response: Response, _ request: Request) -> Failure {
    let begin = String(decoding: response.body.prefix(80), as: UTF8.self)
    log(.info, "source.body", "\(request.purpose): the answer is a web page.", [("begins", begin)])
    return .notJSON(request)
  }

  private func warnOfType(_ response: Response) {
    let type = (response.header("content-type") ?? "json").lowercasedASCII
    guard !type.contains("json"), once.isNew("source.type") else { return }
    log(
      .warning, "source.type", "The service sends JSON under another name; it is read all the same.", [("type", type)])
  }

  /// Only UTF-8, and only the one encoding that was asked for.
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

  /// The service began to answer and then failed: what it sent may not be all.
  private func errorInAnswer(_ response: Response, _ request: Request) -> Failure {
    Failure(
      "source.error_in_answer", exit: .tryLater,
      "\(request.purpose): the service reports an error within its answer, so rows may be missing.",
      hint: "The window stays open and is read again.", recovery: .later(after: nil))
  }

  private func unknownShape(_ request: Request) -> Failure {
    Failure(
      "source.unknown_shape", exit: .protocolBroken,
      "\(request.purpose): the answer is JSON, but no list of rows in any shape that is known.",
      hint: "Check that the configured URL is the service's own.")
  }
}
