// Entra's token endpoint, client credentials only (RFC 6749 section 4.4; Microsoft identity platform, "client credentials
// flow"), with the error bodies recorded from the live service.

internal import IntakeCore

/// `POST /{tenant}/oauth2/v2.0/token`, the older `/oauth2/token`, and the OpenID document.
struct TokenEndpoint {
  let simulation: Simulation

  /// Microsoft's audiences and the permission that belongs to each.
  static let graph = "https://graph.microsoft.com"
  static let monitor = "https://monitor.azure.com"
  static let outlook = "https://outlook.office365.com"

  /// nil if the path is none of this endpoint's.
  func answer(_ request: HTTPRequest) -> HTTPResponse? {
    let parts = request.path.split(separator: "/").map { $0.lowercased() }
    guard parts.count >= 3 else { return nil }
    switch Array(parts.dropFirst()) {
    case ["oauth2", "v2.0", "token"]: return token(request, tenant: parts[0], version: 2)
    case ["oauth2", "token"]: return token(request, tenant: parts[0], version: 1)
    case ["v2.0", ".well-known", "openid-configuration"]: return document(request, tenant: parts[0])
    default: return nil
    }
  }

  private func token(_ request: HTTPRequest, tenant: String, version: Int) -> HTTPResponse {
    guard request.method == "POST" else { return HTTPResponse(405, type: "text/plain", "") }
    let form = Parameters(String(decoding: request.body, as: UTF8.self))
    guard knows(tenant) else { return unknownTenant(tenant, error: "invalid_request") }
    guard form["grant_type"] == "client_credentials" else {
      return error(400, 70_003, "unsupported_grant_type", "The app requested an unsupported grant type.")
    }
    let settings = simulation.settings
    guard let client = form["client_id"], client.lowercased() == settings.clientID.lowercased() else {
      return error(
        400, 700_016, "unauthorized_client",
        "Application with identifier '\(form["client_id"] ?? "")' was not found in the directory 'Contoso'.")
    }
    if let refusal = checkCredential(form, tenant: tenant) { return refusal }
    let wished = version == 2 ? form["scope"] : form["resource"].map { "\($0)/.default" }
    guard let wished, wished.hasSuffix("/.default") else {
      return error(400, 70_011, "invalid_scope", "The provided value for scope is not valid.")
    }
    var resource = String(wished.dropLast("/.default".count))
    if resource.hasSuffix("/") { resource.removeLast() }
    guard let roles = Self.roles(resource) else {
      return error(400, 500_011, "invalid_resource", "The resource principal was not found in the tenant.")
    }
    return success(audience: resource, roles: settings.permissionGranted ? roles : [], version: version)
  }

  private func success(audience: String, roles: [String], version: Int) -> HTTPResponse {
    let lifetime = simulation.settings.tokenLifetime
    let token = simulation.issueToken(audience: audience, roles: roles)
    let seconds = version == 2 ? "\(lifetime)" : "\"\(lifetime)\""
    return json(
      200, #"{"token_type":"Bearer","expires_in":\#(seconds),"ext_expires_in":\#(seconds),"access_token":"\#(token)"}"#)
  }

  /// The roles of a token for this resource; both for the simulator's own origin, nil for an unknown one.
  static func roles(_ resource: String) -> [String]? {
    let graph = "ExchangeMessageTrace.Read.All"
    let reporting = "ReportingWebService.Read.All"
    switch resource.lowercased() {
    case Self.graph: return [graph]
    case Self.outlook: return [reporting]
    case Self.monitor: return []
    case let other where other.hasPrefix("http://127.0.0.1:") || other.hasPrefix("http://localhost:"):
      return [graph, reporting]
    default: return nil
    }
  }

  private func checkCredential(_ form: Parameters, tenant: String) -> HTTPResponse? {
    let settings = simulation.settings
    if let assertion = form["client_assertion"] {
      let kind = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
      guard form["client_assertion_type"] == kind else {
        return error(400, 50_027, "invalid_request", "JWT token is invalid or malformed.")
      }
      return AssertionCheck(simulation: simulation, tenant: tenant).refusal(assertion).map { refusal in
        error(refusal.status, refusal.code, refusal.error, refusal.text)
      }
    }
    guard let secret = form["client_secret"] else {
      return error(
        401, 7_000_218, "invalid_client",
        "The request body must contain the following parameter: 'client_assertion' or 'client_secret'.")
    }
    guard secret == settings.clientSecret else {
      return error(
        401, 7_000_215, "invalid_client",
        "Invalid client secret provided. Ensure the secret being sent in the request is the client secret value, "
          + "not the client secret ID, for a secret added to app '\(settings.clientID)'.")
    }
    guard settings.secretExpired else { return nil }
    return error(
      401, 7_000_222, "invalid_client",
      "The provided client secret keys for app '\(settings.clientID)' are expired. Visit the Azure portal to create "
        + "new keys for your app: https://aka.ms/NewClientSecret, or consider using certificate credentials for added "
        + "security: https://aka.ms/certCreds.")
  }

  private func knows(_ tenant: String) -> Bool {
    let names = [simulation.tenant.name, simulation.tenant.tenantID, simulation.tenant.mailDomain]
    return names.contains { $0.lowercased() == tenant } || simulation.settings.hasFurtherTenant(tenant)
  }

  private func unknownTenant(_ tenant: String, error name: String) -> HTTPResponse {
    error(
      400, 90_002, name,
      "Tenant '\(tenant)' not found. Check to make sure you have the correct tenant ID and are signing into the correct "
        + "cloud. Check with your subscription administrator, this may happen if there are no active subscriptions for "
        + "the tenant.")
  }

  private func document(_ request: HTTPRequest, tenant: String) -> HTTPResponse {
    guard knows(tenant) else { return unknownTenant(tenant, error: "invalid_tenant") }
    let origin = "http://\(request.header("host") ?? "localhost")/\(simulation.tenant.tenantID)"
    return json(
      200,
      #"{"token_endpoint":\#(JSONText.quoted("\(origin)/oauth2/v2.0/token")),"issuer":\#(JSONText.quoted("\(origin)/v2.0"))}"#
    )
  }

  private func error(_ status: Int, _ code: Int, _ name: String, _ text: String) -> HTTPResponse {
    let trace = "654ce9b2-a626-4e0b-8598-0cac69970200"
    let correlation = "5be327fc-93cb-4bef-ab4e-0373f11a8017"
    let iso = Timestamp.text(simulation.now)
    let time = "\(iso.prefix(10)) \(iso.dropFirst(11).prefix(8))Z"
    let description =
      "AADSTS\(code): \(text)\r\nTrace ID: \(trace)\r\nCorrelation ID: \(correlation)\r\nTimestamp: \(time)"
    let members: [JSONValue.Member] = [
      .init("error", .string(name)), .init("error_description", .string(description)),
      .init("error_codes", .array([.number(String(code))])), .init("timestamp", .string(time)),
      .init("trace_id", .string(trace)), .init("correlation_id", .string(correlation)),
      .init("error_uri", .string("https://login.microsoftonline.com/error?code=\(code)")),
    ]
    return json(status, JSONValue.object(members).text)
  }

  private func json(_ status: Int, _ text: String) -> HTTPResponse {
    var response = HTTPResponse(status, type: "application/json; charset=utf-8", text)
    response.set("Cache-Control", "no-store, no-cache")
    response.set("x-ms-request-id", "654ce9b2-a626-4e0b-8598-0cac69970200")
    return response
  }
}
