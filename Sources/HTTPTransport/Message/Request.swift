// HTTP requests and the credential that travels with them.

package import IntakeCore

/// One HTTP request.
package struct Request: Sendable {
  package enum Method: Sendable {
    case get
    case post(Body)
  }

  /// The body of a POST request.
  package enum Body: Sendable {
    case bytes([UInt8])
    /// Text that must not be logged, such as a form with a client secret.
    case secret(Secret)
  }

  package var method: Method
  package var address: WebAddress
  package var headers: [(name: String, value: String)]
  package var authorization: Authorization?
  /// Further headers that hold secrets.
  package var credentials: [Authorization] = []
  /// The first words of error sentences: `Reading a page of message traces`.
  package var purpose: String
  /// False for endpoints of this machine or its link, which a proxy must not see.
  package var mayUseProxy = true
  /// Most decoded bytes of the answer, where that is less than the settings allow: answers that are small by nature.
  package var bodyCap = Int.max

  package init(
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

/// A credential header and the only origin that may receive it.
package struct Authorization: Sendable {
  private let name: String
  private let value: Secret
  package let origin: Origin

  /// Any header that holds a credential; nil if the value could break out of its header line.
  package static func header(_ name: String, _ value: Secret, for origin: Origin) -> Authorization? {
    guard value.revealed.utf8.allSatisfy({ (0x20...0x7E).contains($0) }) else { return nil }
    return Authorization(name: name, value: value, origin: origin)
  }

  /// RFC 6750; nil if the token is empty or holds anything but visible ASCII.
  package static func bearer(_ token: Secret, for origin: Origin) -> Authorization? {
    guard !token.revealed.isEmpty, token.revealed.utf8.allSatisfy({ (0x21...0x7E).contains($0) }) else { return nil }
    return header("Authorization", Secret("Bearer \(token.revealed)"), for: origin)
  }

  /// RFC 7617, UTF-8.
  package static func basic(_ username: String, _ password: Secret, for origin: Origin) -> Authorization {
    let pair = Base64.encode(Array("\(username):\(password.revealed)".utf8))
    return Authorization(name: "Authorization", value: Secret("Basic \(pair)"), origin: origin)
  }

  /// The header line for a request to `address`. This is the only place where a credential is attached.
  package func header(for address: WebAddress) throws(Failure) -> Secret {
    guard address.origin == origin else { throw .foreignLink(address.origin.host) }
    return Secret("\(name): \(value.revealed)")
  }

  /// The token of a bearer credential, for a protocol other than HTTP; nil for any other credential or origin.
  package func bearerToken(for origin: Origin) -> Secret? {
    guard origin == self.origin, value.revealed.hasPrefix("Bearer ") else { return nil }
    return Secret(String(value.revealed.dropFirst("Bearer ".count)))
  }
}

extension Failure {
  package static func foreignLink(_ host: String) -> Failure {
    foreignLink(
      to: Log.clean(host, limit: 100),
      hint:
        "If this host is correct, configure it as the service URL; otherwise the response may have been tampered with.")
  }

  /// - Parameter target: a phrase, for what is more than another host.
  package static func foreignLink(to target: String, hint: String) -> Failure {
    Failure(
      "source.foreign_link", exit: .protocolBroken,
      "Following a next link: it points to \(target), not to the configured service; nothing was sent.", hint: hint)
  }
}
