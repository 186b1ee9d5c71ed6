// Access tokens in the form of Entra's; only this simulator can create and check them.

internal import IntakeCore

/// Makes and reads JWT-like tokens: three base64url parts, the last a hash over the others and a key.
struct AccessTokens: Sendable {
  /// The claims of a valid token.
  struct Claims: Sendable, Equatable {
    var audience: String
    var roles: [String]
    var expires: Int64
    /// Which token this is, counted from 1.
    var number: Int
  }

  let key: [UInt8]
  let tenantID: String
  let clientID: String

  func issue(_ claims: Claims, at now: Instant) -> String {
    let seconds = String(now.ticks / Instant.perSecond)
    var members: [JSONValue.Member] = [
      .init("aud", .string(claims.audience)), .init("iss", .string("https://sts.windows.net/\(tenantID)/")),
      .init("iat", .number(seconds)), .init("nbf", .number(seconds)), .init("exp", .number(String(claims.expires))),
      .init("appid", .string(clientID)), .init("tid", .string(tenantID)), .init("uti", .number(String(claims.number))),
      .init("ver", .string("1.0")),
    ]
    if !claims.roles.isEmpty { members.append(.init("roles", .array(claims.roles.map { .string($0) }))) }
    let head = Base64.encodeForURL(Array(#"{"typ":"JWT","alg":"RS256","kid":"simulated"}"#.utf8))
    let signed = "\(head).\(Base64.encodeForURL(Array(JSONValue.object(members).text.utf8)))"
    return "\(signed).\(seal(signed))"
  }

  /// nil for a token that was not made here.
  func read(_ token: String) -> Claims? {
    let parts = token.split(separator: ".", omittingEmptySubsequences: false)
    guard parts.count == 3, seal("\(parts[0]).\(parts[1])") == parts[2], let claims = Self.claims(parts[1]),
      let audience = claims["aud"]?.string, let expires = claims["exp"]?.integer,
      let number = claims["uti"]?.integer
    else { return nil }
    let roles = claims["roles"]?.array?.compactMap(\.string) ?? []
    return Claims(audience: audience, roles: roles, expires: expires, number: Int(number))
  }

  /// One part of a JWT as JSON.
  static func claims(_ part: Substring) -> JSONValue? {
    Base64.decode(part).flatMap { try? JSONValue(parsing: $0) }
  }

  /// A short keyed hash: good enough to refuse what a test made up.
  func seal(_ text: String) -> String {
    Base64.encodeForURL(Array(SHA256.digest(key + Array(text.utf8) + key).prefix(18)))
  }
}
