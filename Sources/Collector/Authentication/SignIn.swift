// Signing in: the credential that goes with the next request, whatever way it is had.

internal import HTTPTransport
internal import IntakeCore

/// What gives requests their authorization.
protocol SigningIn: Sendable {
  /// For the next request; asks for a token only where none is at hand.
  func authorization() async throws(Failure) -> Authorization
  /// The service has refused it. True if a fresh one may be had, once.
  func refused() async -> Bool
}

/// A service account: nothing to fetch and nothing to refresh.
struct BasicSignIn: SigningIn {
  let username: String
  let password: Secret
  let origin: Origin

  init(username: String, password: Secret, origin: Origin) throws(Failure) {
    guard !username.isEmpty, !username.contains(":"), username.utf8.allSatisfy({ $0 > 0x1F && $0 != 0x7F }) else {
      throw Failure(
        "config.username", exit: .configuration, "Preparing the sign-in: the username is empty or holds a colon.",
        hint: "Give the service account's user principal name, such as reader@contoso.com.")
    }
    self.username = username
    self.password = password
    self.origin = origin
  }

  func authorization() -> Authorization { .basic(username, password, for: origin) }

  func refused() -> Bool { false }
}

/// Access tokens: kept until shortly before they expire, asked for by one caller at a time.
actor TokenSignIn: SigningIn {
  private let grant: Grant
  private let transport: RetryingTransport
  private let origin: Origin
  private let time: TimeSource
  private let inspect: @Sendable (AccessToken) -> Void
  private var token: (value: AccessToken, until: Instant)?
  private var isAsking = false
  private var waiting: [CheckedContinuation<Void, Never>] = []

  /// - Parameters:
  ///   - origin: the only place that the tokens are sent to.
  ///   - inspect: sees each new token, for warnings.
  init(
    _ grant: Grant, transport: RetryingTransport, origin: Origin, time: TimeSource,
    inspect: @escaping @Sendable (AccessToken) -> Void
  ) {
    self.grant = grant
    self.transport = transport
    self.origin = origin
    self.time = time
    self.inspect = inspect
  }

  func authorization() async throws(Failure) -> Authorization {
    while isAsking { await withCheckedContinuation { waiting.append($0) } }
    if let token, time.now() < token.until { return try header(token.value) }
    isAsking = true
    defer {
      isAsking = false
      for continuation in waiting { continuation.resume() }
      waiting = []
    }
    let fresh = try await ask()
    token = (fresh, time.now() + fresh.usableFor)
    inspect(fresh)
    return try header(fresh)
  }

  func refused() -> Bool {
    token = nil
    return true
  }

  private func ask() async throws(Failure) -> AccessToken {
    if case .file(let path) = grant { return try AccessToken(file: path) }
    let request = try grant.request(now: time.now())
    do {
      return try await transport.send(request) { (response) throws(Failure) in
        try TokenAnswer.read(response, request, grant, now: time.now())
      }
    } catch {
      throw Self.sparingWindow(error)
    }
  }

  /// No smaller window would make an authority answer sooner or shorter.
  private static func sparingWindow(_ failure: Failure) -> Failure {
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

/// A token as it was granted.
struct AccessToken: Sendable {
  let secret: Secret
  let usableFor: Duration

  /// Until five minutes before it expires; a token of less than six minutes for half its life; never under 30 s, so that
  /// an authority that grants useless tokens is not hammered.
  /// - Parameter lifetime: as the authority said; nil where it said nothing that can be read.
  init(_ secret: Secret, lifetime: Duration?) {
    let lifetime = min(lifetime ?? .seconds(300), .seconds(100_800))
    self.secret = secret
    usableFor = lifetime >= .seconds(360) ? lifetime - .seconds(300) : max(.seconds(30), lifetime / 2)
  }

  /// Someone else keeps the file fresh, so it is read for each request.
  init(file: String) throws(Failure) {
    secret = try SecretReference.file(file).load(purpose: "access token", environment: [:])
    usableFor = .zero
  }
}

extension Failure {
  static let oddToken = Failure(
    "signin.bad_token", exit: .protocolBroken,
    "Signing in: the token holds characters that no header may hold; nothing was sent.",
    hint: "Check what stands in the token file, or that the authority URL is right.")
}
