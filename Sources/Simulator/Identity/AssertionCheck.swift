// Client assertions: JWTs signed with a certificate's key or by another issuer (Microsoft identity platform, "certificate
// credentials", "workload identity federation").

internal import IntakeCore

/// Checks the claims here and leaves the signature to the hook in the settings.
struct AssertionCheck {
  struct Refusal {
    var status: Int
    var code: Int
    var error: String
    var text: String
  }

  let simulation: Simulation
  /// As in the path of the request.
  let tenant: String

  /// nil if the assertion is accepted.
  func refusal(_ assertion: String) -> Refusal? {
    let parts = assertion.split(separator: ".", omittingEmptySubsequences: false)
    guard parts.count == 3, !parts[2].isEmpty, let head = AccessTokens.claims(parts[0]),
      let claims = AccessTokens.claims(parts[1]), let audience = claims["aud"]?.string
    else { return malformed }
    let federated = audience == "api://AzureADTokenExchange"
    guard federated || (isOwn(audience) && hasThumbprint(head) && namesClient(claims)) else { return malformed }
    guard isTimely(claims) else {
      return Refusal(
        status: 401, code: 700_024, error: "invalid_client",
        text: "Client assertion is not within its valid time range.")
    }
    guard simulation.settings.assertionAccepted?(assertion) == true else {
      return Refusal(
        status: 401, code: 700_027, error: "invalid_client",
        text: "The certificate with identifier used to sign the client assertion is not registered on application. "
          + "[Reason - The key was not found.]")
    }
    return nil
  }

  private var malformed: Refusal {
    Refusal(status: 400, code: 50_027, error: "invalid_request", text: "JWT token is invalid or malformed.")
  }

  private func isOwn(_ audience: String) -> Bool {
    let wanted = audience.lowercased()
    return [tenant, simulation.tenant.tenantID, simulation.tenant.name].contains { name in
      wanted.hasSuffix("/\(name.lowercased())/oauth2/v2.0/token") || wanted.hasSuffix("/\(name.lowercased())/v2.0")
    }
  }

  /// SHA-256 (32 bytes) under `x5t#S256`, or SHA-1 (20 bytes) under `x5t`.
  private func hasThumbprint(_ head: JSONValue) -> Bool {
    let new = head["x5t#S256"]?.string.flatMap { Base64.decode($0) }
    let old = head["x5t"]?.string.flatMap { Base64.decode($0) }
    return new?.count == 32 || old?.count == 20
  }

  private func namesClient(_ claims: JSONValue) -> Bool {
    let client = simulation.settings.clientID
    return claims["iss"]?.string == client && claims["sub"]?.string == client && claims["jti"]?.string != nil
  }

  private func isTimely(_ claims: JSONValue) -> Bool {
    let now = simulation.now.ticks / Instant.perSecond
    guard let expires = claims["exp"]?.integer, expires > now, expires < now + 86_400 else { return false }
    return (claims["nbf"]?.integer ?? now) <= now + 300
  }
}
