// Any service that takes NDJSON by POST and answers 2xx once it has it.

internal import HTTPTransport
internal import IntakeCore

/// `https://HOST/PATH`, and plain `http://` to the loopback. The smallest dialect: the one to start a new one from.
struct HTTPSDialect: HTTPDialect {
  static let scheme = "https"
  static let example = "https://collector.example/events"
  static let options = ["content-type", "query"]
  static let secret = HTTPSecretKind(
    purpose: "bearer token", environmentName: "MESSAGE_TRACE_HTTPS_TOKEN", credentialName: "https-token",
    isRequired: false)

  let address: WebAddress
  let headers: [(name: String, value: String)]
  let limits = HTTPLimits(events: 5_000, bytes: 5 << 20, overhead: 1)

  init(_ place: HTTPPlace) throws(Failure) {
    address = place.options["query"].map(place.address.withQuery) ?? place.address
    headers = [("Content-Type", place.options["content-type"] ?? "application/x-ndjson")]
  }

  func credential(
    _ secrets: HTTPSecrets, username: String?, _ context: SinkContext
  ) throws(Failure) -> HTTPCredential? {
    try .bearerOrBasic(secrets.token, username: username, for: address.origin)
  }

  func append(_ line: ArraySlice<UInt8>, _ entry: Batch.Entry, to body: inout [UInt8]) {
    body.append(contentsOf: line)
    body.append(.lineFeed)
  }

  /// A web page is the answer of a proxy that asks for a sign-in, whatever its status.
  func verdict(_ response: Response, on request: Request, count: Int) throws(Failure) -> HTTPVerdict? {
    guard (200..<300).contains(response.status) else { return nil }
    guard !response.looksLikeMarkup || response.isXML else { throw StatusMeaning.unreadable(request) }
    return .taken(receipt: nil)
  }

  /// An empty POST might be taken for an event: only the way there is tried.
  func check(_ client: HTTPClient) async throws(Failure) -> [SinkFinding] {
    let (response, request) = try await client.send(.get, address, purpose: "Checking \(client.name)")
    if response.status == 401 || response.status == 403 {
      _ = try StatusMeaning.verdict(response, on: request, now: Instant(ticks: 0))
    }
    return [
      SinkFinding("The service answers (HTTP \(response.status) to GET); whether it takes events shows with the first.")
    ]
  }
}

extension HTTPCredential {
  /// The password of a user, else a bearer token; nil without either.
  static func bearerOrBasic(
    _ token: Secret?, username: String?, for origin: Origin
  ) throws(Failure) -> HTTPCredential? {
    guard let token else { return nil }
    if let username { return .fixed(.basic(username, token, for: origin)) }
    guard let bearer = Authorization.bearer(token, for: origin) else { throw .oddSecret(origin.text) }
    return .fixed(bearer)
  }
}
