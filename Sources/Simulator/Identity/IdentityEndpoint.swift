// Tokens for managed identities: the instance metadata service of a virtual machine, and App Service (learn.microsoft.com,
// "How to use managed identities to get an access token").

internal import IntakeCore

/// `GET /metadata/identity/oauth2/token` with `Metadata: true`, and `GET /msi/token` with `X-IDENTITY-HEADER`.
struct IdentityEndpoint {
  let simulation: Simulation

  /// nil if the path is none of this endpoint's.
  func answer(_ request: HTTPRequest) -> HTTPResponse? {
    switch request.path.lowercased() {
    case "/metadata/identity/oauth2/token":
      guard request.header("metadata")?.lowercased() == "true" else {
        return refusal("invalid_request", "bad_request_102. Required metadata header not specified")
      }
      return token(request, version: "2018-02-01", withLifetime: true)
    case "/msi/token":
      guard request.header("x-identity-header") == simulation.settings.identityHeader else {
        return refusal("invalid_request", "The identity header is missing or wrong.", status: 401)
      }
      return token(request, version: "2019-08-01", withLifetime: false)
    default: return nil
    }
  }

  private func token(_ request: HTTPRequest, version: String, withLifetime: Bool) -> HTTPResponse {
    let parameters = request.parameters
    guard parameters["api-version"] == version else { return refusal("invalid_request", "The api-version is wrong.") }
    var resource = parameters["resource"] ?? ""
    while resource.hasSuffix("/") { resource.removeLast() }
    guard let roles = TokenEndpoint.roles(resource) else {
      return refusal("invalid_resource", "AADSTS500011: The resource principal was not found in the tenant.")
    }
    let granted = simulation.settings.permissionGranted ? roles : []
    let seconds = simulation.now.ticks / Instant.perSecond
    let lifetime = simulation.settings.tokenLifetime
    var members = [
      ("access_token", simulation.issueToken(audience: resource, roles: granted)),
      ("expires_on", String(seconds + Int64(lifetime))), ("resource", resource), ("token_type", "Bearer"),
      ("client_id", simulation.settings.clientID),
    ]
    if withLifetime {
      members += [("expires_in", String(lifetime)), ("not_before", String(seconds)), ("refresh_token", "")]
    }
    return json(200, members)
  }

  private func refusal(_ error: String, _ text: String, status: Int = 400) -> HTTPResponse {
    json(status, [("error", error), ("error_description", text)])
  }

  private func json(_ status: Int, _ members: [(String, String)]) -> HTTPResponse {
    let object = JSONValue.object(members.map { .init($0.0, .string($0.1)) })
    return HTTPResponse(status, type: "application/json; charset=utf-8", object.text)
  }
}
