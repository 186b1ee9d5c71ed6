// What both sources do for one page: sign in, ask, read, and once more with a fresh token where the old one is refused.

internal import HTTPTransport
internal import IntakeCore
internal import Synchronization

/// One service as it is reached: transport, sign-in, retry and quota put together.
struct Reader: Sendable {
  let transport: RetryingTransport
  let signIn: any SigningIn
  let reading: PageReading
  let time: TimeSource
  let log: Log
  let count: RequestCount
  /// What is wrong with the newest token, for `check`.
  let tokens: TokenWatch
  /// What was found out or said already.
  let once: Once

  init(
    _ service: PageReading.Service, _ setup: ReaderSetup, origin: Origin, resource: String
  ) throws(Failure) {
    count = RequestCount()
    time = setup.time
    log = setup.log
    once = Once()
    reading = PageReading(service: service, time: setup.time, log: setup.log, once: once)
    let network = CurlTransport(setup.http, counting: count)
    let paced = PacedTransport(
      base: network, quota: Quota(file: setup.quotaFile, limit: setup.quota), time: time, log: log)
    transport = RetryingTransport(
      base: paced, time: time, log: log, impatient: service == .reporting ? Self.slowCodes : [])
    let direct = RetryingTransport(base: network, time: time, log: log)
    var expectation: TokenExpectation = service == .graph ? .graph(resource) : .reporting(resource)
    expectation.tenant = setup.tenant.lowercasedASCII
    let tokens = TokenWatch(expectation, log: log)
    self.tokens = tokens
    signIn = try Self.signIn(setup, origin: origin, resource: resource, transport: direct, watch: tokens)
  }

  private static func signIn(
    _ setup: ReaderSetup, origin: Origin, resource: String, transport: RetryingTransport, watch: TokenWatch
  ) throws(Failure) -> any SigningIn {
    if case .basic(let username, let password) = setup.credential {
      return try BasicSignIn(username: username, password: password, origin: origin)
    }
    guard let grant = try Grant.make(setup.credential, resource: resource) else {
      throw Failure("signin.bug", exit: .bug, "Preparing the sign-in: the credential is of no known kind.")
    }
    return TokenSignIn(grant, transport: transport, origin: origin, time: setup.time) { watch.look($0) }
  }

  /// Reads one page; a refused token is replaced once.
  func page(_ request: Request, isContinued: Bool) async throws(Failure) -> Page {
    var request = request
    request.authorization = try await signIn.authorization()
    let page: Page
    do {
      page = try await send(request, isContinued)
    } catch {
      guard error.code == .unauthorized, await signIn.refused() else { throw error }
      request.authorization = try await signIn.authorization()
      page = try await send(request, isContinued)
    }
    compareClocks(page.serverDate)
    return page
  }

  private func compareClocks(_ server: Instant?) {
    guard let server else { return }
    let skew = time.now() - server
    guard skew > .seconds(300) || skew < .seconds(-300), once.isNew("clock.skew") else { return }
    log(
      .warning, "clock.skew", "This host's clock differs from the service's; windows may end too late or too early.",
      [("seconds", "\(skew.components.seconds)")])
  }

  /// The legacy service gives up on wide windows of busy tenants without saying so.
  static let slowCodes: Set<Failure.Code> = [.silent, .gatewayTimeout]

  private func send(_ request: Request, _ isContinued: Bool) async throws(Failure) -> Page {
    try await transport.send(request) { (response) throws(Failure) in
      try reading.page(response, request, isContinued: isContinued)
    }
  }
}

/// What the assembler gives, the same for both sources.
struct ReaderSetup: Sendable {
  var credential: Credential
  var http: HTTPSettings
  var time: TimeSource
  var log: Log
  var quotaFile: String?
  var quota: Int
  /// As configured: a GUID, a domain, or empty.
  var tenant: String
}

/// Things that are said once in a process, however often they happen.
final class Once: Sendable {
  private let said = Mutex(Set<String>())

  /// True the first time that a code comes.
  func isNew(_ code: String) -> Bool { said.withLock { $0.insert(code).inserted } }

  /// True if it has come before.
  func knows(_ code: String) -> Bool { said.withLock { $0.contains(code) } }
}
