// One request in, one answer out: the seam between the services' dialects and the network.

internal import IntakeCore

/// What sends requests. Wrappers have the same shape: what paces, what retries.
protocol Transport: Sendable {
  /// Sends one request and returns the whole answer, whatever its status. Throws where there is no whole answer; takes
  /// effect at once when the task is cancelled.
  func send(_ request: Request) async throws(Failure) -> Response
}

struct Request: Sendable {
  enum Method: Sendable {
    case get
    /// A form body; it may hold a secret.
    case post(Secret)
  }

  var method: Method
  var address: WebAddress
  var headers: [(name: String, value: String)]
  var authorization: Authorization?
  /// What is being done, for errors: `Reading a page of message traces`.
  var purpose: String
  /// False for the instance metadata endpoint, which no proxy may see.
  var mayUseProxy = true

  init(
    _ method: Method = .get, _ address: WebAddress, headers: [(name: String, value: String)] = [],
    authorization: Authorization? = nil, purpose: String
  ) {
    self.method = method
    self.address = address
    self.headers = headers
    self.authorization = authorization
    self.purpose = purpose
  }
}

/// A credential together with the only origin that may see it.
struct Authorization: Sendable {
  private let value: Secret
  let origin: Origin

  /// nil if the token holds anything but visible ASCII: it would reach into other header lines.
  static func bearer(_ token: Secret, for origin: Origin) -> Authorization? {
    guard !token.revealed.isEmpty, token.revealed.utf8.allSatisfy({ (0x21...0x7E).contains($0) }) else { return nil }
    return Authorization(value: Secret("Bearer \(token.revealed)"), origin: origin)
  }

  /// RFC 7617, UTF-8.
  static func basic(_ username: String, _ password: Secret, for origin: Origin) -> Authorization {
    let pair = Base64.encode(Array("\(username):\(password.revealed)".utf8))
    return Authorization(value: Secret("Basic \(pair)"), origin: origin)
  }

  /// The header line for a request that is about to be sent to `address`: the one place where a credential is attached.
  func header(for address: WebAddress) throws(Failure) -> Secret {
    guard address.origin == origin else { throw .foreignLink(address.origin.host) }
    return Secret("Authorization: \(value.revealed)")
  }
}

struct Response: Sendable {
  var status: Int
  /// Names in lower case.
  var headers: [(name: String, value: String)]
  var body: [UInt8]

  init(status: Int, headers: [(name: String, value: String)] = [], body: [UInt8] = []) {
    self.status = status
    self.headers = headers
    self.body = body
  }

  /// The first header of that name, which is in lower case.
  func header(_ name: String) -> String? { headers.first { $0.name == name }?.value }

  func headers(named name: String) -> [String] { headers.filter { $0.name == name }.map(\.value) }

  /// The server's clock.
  var date: Instant? { header("date").flatMap(HTTPDate.parse) }
}

extension Failure {
  static func foreignLink(_ host: String) -> Failure {
    Failure(
      "source.foreign_link", exit: .protocolBroken,
      "Following a next link: it leads away from the configured service, to \(Log.clean(host, limit: 100)); "
        + "nothing was sent.",
      hint: "If that host is right, configure it as the service's URL; if not, someone is tampering with the answers.")
  }
}
