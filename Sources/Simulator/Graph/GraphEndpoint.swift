// Microsoft Graph's message trace: authorization, routing, and all answers but pages.

internal import IntakeCore

/// `/{v1.0|beta}/admin/exchange/…`
struct GraphEndpoint {
  let simulation: Simulation
  let faults: PageFaults

  /// nil if the path is none of this endpoint's.
  func answer(_ request: HTTPRequest) -> HTTPResponse? {
    let lowered = request.path.lowercased()
    let version = lowered.hasPrefix("/v1.0/") ? "v1.0" : "beta"
    guard lowered.hasPrefix("/\(version)/") else { return nil }
    var response: HTTPResponse
    do throws(GraphError) {
      guard request.method == "GET" else {
        throw GraphError(405, "Request_BadRequest", "Specified HTTP method is not allowed.")
      }
      try authorize(request)
      response = HTTPResponse(
        200, type: "application/json;odata.metadata=minimal;odata.streaming=true;charset=utf-8",
        try body(request, String(request.path.dropFirst(version.count + 2)), version: version))
    } catch {
      response = refusal(error, request)
    }
    let identifier = requestID(request)
    response.set("request-id", identifier)
    response.set("client-request-id", request.header("client-request-id") ?? identifier)
    response.set("x-ms-ags-diagnostic", #"{"ServerInfo":{"DataCenter":"Simulated"}}"#)
    return response
  }

  private func body(_ request: HTTPRequest, _ path: String, version: String) throws(GraphError) -> [UInt8] {
    let parts = path.split(separator: "/").map(String.init)
    let lowered = parts.map { $0.lowercased() }
    guard lowered.starts(with: ["admin", "exchange"]) else {
      throw GraphError(404, "ResourceNotFound", "Resource not found for the segment '\(parts.last ?? "")'.")
    }
    guard parts.count > 2 else {
      throw .badRequest("This API is not supported for AAD accounts (no addressUrl for Microsoft.Exchange,True).")
    }
    if lowered[2].hasPrefix("messagetraces"), version == "beta" {
      try checkPrincipalAndQuota(details: false)
      return try GraphDraft(simulation: simulation, faults: faults).body(request, parts)
    }
    guard lowered[2] == "tracing" else {
      throw GraphError(404, "ResourceNotFound", "Resource not found for the segment '\(parts[2])'.")
    }
    guard parts.count > 3 else { return Array("{}".utf8) }
    guard lowered[3] == "messagetraces" else {
      throw GraphError(404, "ResourceNotFound", "Resource not found for the segment '\(parts[3])'.")
    }
    try checkPrincipalAndQuota(details: parts.count > 4)
    if parts.count == 4 { return try GraphList(simulation: simulation, faults: faults, version: version).body(request) }
    return try GraphDetails(simulation: simulation, version: version).body(Array(parts.dropFirst(4)))
  }

  private func authorize(_ request: HTTPRequest) throws(GraphError) {
    let invalid = "InvalidAuthenticationToken"
    let words = (request.header("authorization") ?? "").split(separator: " ", maxSplits: 1)
    guard words.count == 2, words[0].lowercased() == "bearer" else {
      throw GraphError(401, invalid, "Access token is empty.")
    }
    guard let claims = simulation.claims(String(words[1])) else {
      throw GraphError(401, invalid, "Lifetime validation failed, the token is expired.")
    }
    guard claims.audience != TokenEndpoint.outlook else {
      throw GraphError(401, invalid, "Access token validation failure. Invalid audience.")
    }
    let isDraft = request.path.lowercased().contains("/admin/exchange/messagetraces")
    guard
      claims.roles.contains("ExchangeMessageTrace.Read.All")
        || (isDraft && claims.roles.contains("MessageTrace.Read.All"))
    else {
      throw GraphError(403, "Forbidden", "You do not have permission to access the resource.")
    }
  }

  private func checkPrincipalAndQuota(details: Bool) throws(GraphError) {
    switch simulation.settings.principal {
    case .present: break
    case .absent(let status): throw Self.noPrincipal(status)
    case .presentFrom(let instant): if simulation.now < instant { throw Self.noPrincipal(403) }
    }
    guard simulation.countAgainstQuota(details: details) else {
      throw GraphError(
        429, "Error", "Your recent queries have surpassed the permitted limit, please try again later.")
    }
  }

  private static func noPrincipal(_ status: Int) -> GraphError {
    let help =
      status == 401
      ? "https://learn.microsoft.com/entra/identity-platform/retire-service-principal-less-authentication?branch=main#create-a-service-principal"
      : "https://learn.microsoft.com/exchange/monitoring/trace-an-email-message/graph-api-message-trace#provision-a-service-principal"
    return GraphError(
      status, status == 401 ? "Unauthorized" : "Forbidden",
      "Service principal-less Authentication failed: the service principal for App ID "
        + "8bd644d1-64a1-4d4b-ae52-2e0cbf64e373 was not found. Please create a service principal for this app in your "
        + "tenant. Provisioning may take several hours to complete. For details, see: \(help)")
  }

  func refusal(_ error: GraphError, _ request: HTTPRequest) -> HTTPResponse {
    let message = JSONText.quoted(error.message)
    let text: String
    if error.status == 500 {
      text = #"{"error":{"code":"","message":"","innererror":{"internalexception":{"message":\#(message)}}}}"#
    } else {
      let identifier = requestID(request)
      let client = request.header("client-request-id") ?? identifier
      let inner =
        #"{"date":"\#(Timestamp.text(simulation.now).prefix(19))","request-id":"\#(identifier)","client-request-id":\#(JSONText.quoted(client))}"#
      text = #"{"error":{"code":"\#(error.code)","message":\#(message),"innerError":\#(inner)}}"#
    }
    var response = HTTPResponse(error.status, type: "application/json", text)
    if error.status == 429, let seconds = simulation.settings.quotaRetryAfter {
      response.set("Retry-After", String(seconds))
    }
    if error.status == 401 {
      response.set(
        "WWW-Authenticate",
        #"Bearer realm="", authorization_uri="https://login.microsoftonline.com/common/oauth2/authorize""#)
    }
    return response
  }

  private func requestID(_ request: HTTPRequest) -> String {
    var random = KeyedRandom(simulation.tenant.seed, UInt64(truncatingIfNeeded: simulation.now.ticks))
    return SimulatedTenant.guid(random.next(), random.next())
  }
}
