// Requests to one service: its credential, its failures under the sink's name.

internal import HTTPTransport
internal import IntakeCore

/// Sends requests of one sink over one connection.
struct HTTPClient: Sendable {
  let name: String
  let dialect: any HTTPDialect
  let time: TimeSource
  let log: Log
  let said: SaidOnce
  private let counter: RequestCounter
  private let credential: HTTPCredential?
  private let secretHeaders: [Authorization]
  private let transport: CurlTransport
  private let compresses: Bool

  /// Bytes of an answer, unpacked. Answers are small: the longest usual one has an id of 39 bytes for each of 5,000 events.
  static let usualAnswerCap = 1 << 20

  init(_ target: HTTPTarget, _ context: SinkContext, counter: RequestCounter) throws(Failure) {
    name = target.name
    dialect = target.dialect
    time = context.time
    log = context.log
    said = target.receiver.said
    self.counter = counter
    let origin = target.dialect.address.origin
    credential = try target.dialect.credential(target.secrets, username: target.options.username, context)
    var headers: [Authorization] = []
    for (name, value) in target.secrets.headers {
      guard let header = Authorization.header(name, value, for: origin) else { throw .oddSecret(target.name) }
      headers.append(header)
    }
    secretHeaders = headers
    var settings = context.http
    settings.caFile = target.options.authorities ?? settings.caFile
    settings.certificateFile = target.options.certificate
    settings.privateKeyFile = target.options.privateKey
    if let key = target.options.privateKey { try SecretFile.check(key, purpose: "private key") }
    settings.totalDeadline = .seconds(target.options.timeout)
    settings.idleDeadline = settings.totalDeadline
    settings.bodyCap = max(target.dialect.answerCap, Self.usualAnswerCap)
    transport = CurlTransport(settings, counting: counter)
    compresses = target.options.compresses ?? (origin.scheme == "https")
  }

  var requests: Int { counter.requests }

  /// Sends a body to the service's address for events.
  func send(_ body: [UInt8]) async throws(Failure) -> (response: Response, request: Request) {
    var headers = dialect.headers
    var body = body
    if compresses, let packed = GzipBody.pack(body) {
      body = packed
      headers.append(("Content-Encoding", "gzip"))
    }
    return try await send(
      .post(.bytes(body)), dialect.address, headers: headers, purpose: "Sending to \(name)",
      answerCap: dialect.answerCap)
  }

  /// Any request to the service; a refused token is replaced once.
  func send(
    _ method: Request.Method, _ address: WebAddress, headers: [(name: String, value: String)] = [], purpose: String,
    answerCap: Int = HTTPClient.usualAnswerCap
  ) async throws(Failure) -> (response: Response, request: Request) {
    // Without it libcurl waits for an interim answer before each large body.
    var request = Request(method, address, headers: headers + [("Expect", "")], purpose: purpose)
    request.bodyCap = answerCap
    request.mayUseProxy = address.origin.scheme == "https"
    request.credentials = secretHeaders
    do throws(Failure) {
      guard case .token(let source) = credential else {
        if case .fixed(let authorization)? = credential { request.authorization = authorization }
        return (try await transport.send(request), request)
      }
      request.authorization = try await source.authorization()
      let response = try await transport.send(request)
      guard response.status == 401, await source.refused() else { return (response, request) }
      request.authorization = try await source.authorization()
      return (try await transport.send(request), request)
    } catch {
      throw error.ofSink
    }
  }
}

extension Failure {
  static func oddSecret(_ sink: String) -> Failure {
    Failure(
      "sink.http.secret", exit: .configuration,
      "Opening \(sink): a secret contains characters that are not allowed in a header.",
      hint: "Check the file or variable that holds it.")
  }

  /// A failure of the transport, which speaks of a source, as one of a sink: the request may have been accepted, so
  /// whatever broke, it may be sent again.
  var ofSink: Failure {
    var failure = self
    let (area, rest) = (code.rawValue.prefix { $0 != "." }, code.rawValue.drop { $0 != "." })
    guard area == "source" || area == "http" else { return failure }
    failure.code = Code(rawValue: "sink.http\(rest)")
    if recovery == .smallerWindow {
      failure.recovery = .later(after: nil)
      failure.hint =
        code.rawValue == "source.too_large"
        ? "Check host, port and proxy: another program may answer. If it is the service, lower batch-events."
        : "Raise the option timeout, or lower batch-bytes."
    }
    return failure
  }
}
