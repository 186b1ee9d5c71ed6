// Authenticators: the credential that goes with the next request.

internal import HTTPTransport
internal import IntakeCore

/// Provides the authorization of requests to the trace service.
protocol Authenticator: TokenSource {
  /// Which sign-in was used, one sentence.
  var summary: String { get }
  /// This authenticator with another number of tries for a token request.
  func limited(toTries tries: Int) -> any Authenticator
}

/// A service account: no token to request or refresh.
struct BasicAuthenticator: Authenticator {
  let username: String
  let password: Secret
  let origin: Origin

  init(username: String, password: Secret, origin: Origin) throws(Failure) {
    guard !username.isEmpty, !username.contains(":"), username.utf8.allSatisfy({ $0 > 0x1F && $0 != 0x7F }) else {
      throw Failure(
        "config.username", exit: .configuration, "Preparing the sign-in: the username is empty or contains a colon.",
        hint: "Use the service account's user principal name, such as reader@contoso.com.")
    }
    self.username = username
    self.password = password
    self.origin = origin
  }

  func authorization() -> Authorization { .basic(username, password, for: origin) }

  func refused() -> Bool { false }

  var summary: String { "The service account's password is used; the first page shows whether it is right." }

  func limited(toTries tries: Int) -> any Authenticator { self }
}

/// Access tokens, cached until shortly before they expire and requested by one caller at a time.
actor TokenAuthenticator: Authenticator {
  private let grant: TokenRequest
  private let transport: RetryingTransport
  private let origin: Origin
  private let time: TimeSource
  private let inspect: @Sendable (AccessToken) -> Void
  private var token: (value: AccessToken, until: Instant)?
  private var isRequesting = false
  private var waiting: [CheckedContinuation<Void, Never>] = []

  /// - Parameters:
  ///   - origin: the only origin that the tokens are sent to.
  ///   - inspect: called with each new token, for warnings.
  init(
    _ grant: TokenRequest, transport: RetryingTransport, origin: Origin, time: TimeSource,
    inspect: @escaping @Sendable (AccessToken) -> Void
  ) {
    self.grant = grant
    self.transport = transport
    self.origin = origin
    self.time = time
    self.inspect = inspect
  }

  func authorization() async throws(Failure) -> Authorization {
    while isRequesting { await withCheckedContinuation { waiting.append($0) } }
    if let token, time.now() < token.until { return try header(token.value) }
    isRequesting = true
    defer {
      isRequesting = false
      for continuation in waiting { continuation.resume() }
      waiting = []
    }
    let fresh = try await requestToken()
    token = (fresh, time.now() + fresh.usableFor)
    inspect(fresh)
    return try header(fresh)
  }

  func refused() -> Bool {
    token = nil
    return true
  }

  nonisolated var summary: String { grant.isRequested ? "Signed in with \(grant.name)." : "\(grant.name) is used." }

  nonisolated func limited(toTries tries: Int) -> any Authenticator {
    var transport = transport
    transport.tries = tries
    return TokenAuthenticator(grant, transport: transport, origin: origin, time: time, inspect: inspect)
  }

  private func requestToken() async throws(Failure) -> AccessToken {
    if case .file(let path) = grant { return try AccessToken(file: path) }
    let request = try grant.request(now: time.now())
    do {
      return try await transport.send(request) { (response) throws(Failure) in
        try TokenResponse.read(response, request, grant, now: time.now(), log: transport.log)
      }
    } catch {
      throw Self.keepingWindow(error)
    }
  }

  /// A smaller window does not help against a slow authority.
  private static func keepingWindow(_ failure: Failure) -> Failure {
    guard failure.recovery == .smallerWindow else { return failure }
    var failure = failure
    failure.recovery = .later(after: nil)
    return failure
  }

  private func header(_ token: AccessToken) throws(Failure) -> Authorization {
    guard let authorization = Authorization.bearer(token.secret, for: origin) else { throw .oddToken }
    return authorization
  }
}

/// A granted access token.
struct AccessToken: Sendable {
  let secret: Secret
  let usableFor: Duration

  /// Usable until five minutes before it expires, or for half its life if that is under six minutes; at least 30 s, so
  /// that an authority which grants short tokens is not flooded with requests.
  /// - Parameter lifetime: as stated by the authority; nil if it is missing or unreadable.
  init(_ secret: Secret, lifetime: Duration?) {
    let lifetime = min(lifetime ?? .seconds(300), .seconds(100_800))
    self.secret = secret
    usableFor = lifetime >= .seconds(360) ? lifetime - .seconds(300) : max(.seconds(30), lifetime / 2)
  }

  /// Another program replaces the file, so it is read again for each request.
  init(file: String) throws(Failure) {
    secret = try SecretReference.file(file).load(purpose: "access token", environment: [:])
    usableFor = .zero
  }
}

extension Failure {
  static let oddToken = Failure(
    "signin.bad_token", exit: .protocolBroken,
    "Signing in: the token contains characters that are not allowed in a header; nothing was sent.",
    hint: "Check the contents of the token file, or the authority URL.")
}
