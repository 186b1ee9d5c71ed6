// Sending requests to one service: quota, retry, sign-in, and once more with a fresh token if the old one is refused.

internal import HTTPTransport
internal import IntakeCore

/// One service with its transport, authenticator and decoder.
struct ServiceClient: Sendable {
  private var transport: RetryingTransport
  private(set) var authenticator: any Authenticator
  let decoder: PageDecoder
  let time: TimeSource
  let log: Log
  let counter: RequestCounter
  /// Holds what is wrong with the newest token, for `check`.
  let tokens: TokenInspector
  private let logged: SeenCodes
  /// The file of the app's certificate, where that is the sign-in.
  let certificate: String?

  init(_ service: TraceService, _ settings: ClientSettings, origin: Origin, resource: String) throws(Failure) {
    counter = RequestCounter()
    time = settings.time
    log = settings.log
    logged = SeenCodes()
    if case .certificate(_, _, let file, _, _) = settings.credential { certificate = file } else { certificate = nil }
    decoder = PageDecoder(service: service, time: time, log: log, logged: logged)
    let network = CurlTransport(settings.http, counting: counter)
    let quota = Quota(places: settings.quotaFiles, limit: settings.quota, service: service.rawValue)
    let paced = PacedTransport(base: network, quota: quota, time: time, log: log)
    transport = RetryingTransport(
      base: paced, time: time, log: log, slowCodes: service == .reporting ? Self.slowCodes : [])
    var expectation: TokenExpectation =
      service == .graph ? .graph(resource, isDraft: settings.isDraft) : .reporting(resource)
    expectation.tenant = settings.tenant.lowercasedASCII
    let tokens = TokenInspector(expectation, log: log)
    self.tokens = tokens
    authenticator = try Self.authenticator(
      settings, origin: origin, resource: resource,
      transport: RetryingTransport(base: network, time: time, log: log), tokens: tokens)
  }

  private static func authenticator(
    _ settings: ClientSettings, origin: Origin, resource: String, transport: RetryingTransport, tokens: TokenInspector
  ) throws(Failure) -> any Authenticator {
    if case .basic(let username, let password) = settings.credential {
      return try BasicAuthenticator(username: username, password: password, origin: origin)
    }
    guard let grant = try TokenRequest.make(settings.credential, resource: resource) else {
      throw Failure(.signInBug, exit: .bug, "Preparing the sign-in: the credential is of an unknown kind.")
    }
    return TokenAuthenticator(grant, transport: transport, origin: origin, time: settings.time) { tokens.inspect($0) }
  }

  /// This client with another number of tries, for data and for sign-in.
  func limited(toTries tries: Int) -> ServiceClient {
    var client = self
    client.transport.tries = tries
    client.authenticator = authenticator.limited(toTries: tries)
    return client
  }

  /// Reads one page.
  func page(_ request: Request, isContinued: Bool) async throws(Failure) -> Page {
    let page = try await send(request) { (response) throws(Failure) in
      try decoder.page(response, request, isContinued: isContinued)
    }
    compareClocks(page.serverDate)
    return page
  }

  /// Reads one JSON object that is not a list; nil if the service has none (404).
  func object(_ request: Request) async throws(Failure) -> [UInt8]? {
    try await send(request) { (response) throws(Failure) in try decoder.object(response, request) }
  }

  /// A refused token is replaced once.
  private func send<Answer>(
    _ request: Request, reading read: (Response) throws(Failure) -> Answer
  ) async throws(Failure) -> Answer {
    var request = request
    request.authorization = try await authenticator.authorization()
    do {
      return try await transport.send(request, reading: read)
    } catch {
      guard error.code == .unauthorized, await authenticator.refused() else { throw error }
      request.authorization = try await authenticator.authorization()
      return try await transport.send(request, reading: read)
    }
  }

  private func compareClocks(_ server: Instant?) {
    guard let server else { return }
    let skew = time.now() - server
    guard skew > .seconds(300) || skew < .seconds(-300), logged.isNew("clock.skew") else { return }
    log(
      .warning, "clock.skew", "This host's clock and the service's clock differ; windows end at the earlier time.",
      [("seconds", "\(skew.components.seconds)")])
  }

  /// The legacy service times out on wide windows of busy tenants instead of refusing them.
  static let slowCodes: Set<Failure.Code> = [.silent, .gatewayTimeout]
}

/// The settings that both services share.
struct ClientSettings: Sendable {
  var credential: Credential
  var http: HTTPSettings
  var time: TimeSource
  var log: Log
  var quotaFiles: QuotaPlaces
  var quota: QuotaLimit
  /// As configured: a GUID, a domain, or empty.
  var tenant: String
  /// True for the draft of 2021, which had a permission of its own.
  var isDraft = false
}
