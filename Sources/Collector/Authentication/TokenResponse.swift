// What the authority answers: a token, or a reason. Reasons are told apart by the AADSTS number, shown to a person.

internal import HTTPTransport
internal import IntakeCore

enum TokenResponse {
  /// Decoded; no token is larger than a small part of it.
  static let maximumBytes = 1 << 20

  /// The token of a 200; throws what anything else means.
  /// - Parameter log: is given the authority's own words at the level debug, filtered.
  static func read(
    _ response: Response, _ request: Request, _ grant: TokenRequest, now: Instant, log: Log = .silent
  ) throws(Failure) -> AccessToken {
    if response.status != 200, let text = try? JSONValue(parsing: response.body)["error_description"]?.string {
      log(
        .debug, "signin.said", "\(request.purpose): the authority gives a reason.",
        [("said", RemoteText.filtered(text))])
    }
    guard response.status == 200 else {
      throw failure(response, request, grant, now: now).withRequestIDs(request, response)
    }
    guard let answer = try? JSONValue(parsing: response.body) else {
      if response.looksLikeMarkup { throw .notJSON(request) }
      throw .malformed(request, "incomplete JSON")
    }
    guard let token = answer["access_token"]?.string, !token.isEmpty, token.utf8.count <= 65_536 else {
      throw noToken(request)
    }
    guard (answer["token_type"]?.string ?? "").lowercasedASCII == "bearer" else { throw wrongType(request) }
    return AccessToken(Secret(token), lifetime: lifetime(answer, now: now))
  }

  /// `expires_in` in whole seconds, number or string; else `expires_on` in seconds since 1970; else nil.
  static func lifetime(_ answer: JSONValue, now: Instant) -> Duration? {
    if let seconds = answer["expires_in"].flatMap(seconds) { return .seconds(min(max(seconds, 0), 100_800)) }
    guard let end = answer["expires_on"].flatMap(seconds), end > 0 else { return nil }
    return max(.zero, min(Instant(seconds: Int64(min(end, 253_402_300_799))) - now, .seconds(100_800)))
  }

  private static func seconds(_ value: JSONValue) -> Double? {
    let number: Double? =
      switch value {
      case .number(let text), .string(let text): Double(text)
      case .null, .bool, .array, .object: nil
      }
    return number.flatMap { $0.isFinite ? $0 : nil }
  }

  private static func failure(
    _ response: Response, _ request: Request, _ grant: TokenRequest, now: Instant
  ) -> Failure {
    switch response.status {
    case 300..<400: return .redirected(request, response)
    case 407: return .proxyRefused(request)
    case 408, 425, 429, 500..<600:
      return .later(request, response, now: now)
    case 410 where grant.isManagedIdentity: return .later(request, response, now: now)
    default:
      let answer = try? JSONValue(parsing: response.body)
      let text = answer?["error_description"]?.string ?? ""
      if let number = number(answer, text) { return refused(number, request, response, now: now) }
      if grant.isManagedIdentity { return noIdentity(request, response.status) }
      if let error = answer?["error"]?.string, error == "temporarily_unavailable" {
        return .later(request, response, now: now)
      }
      if answer == nil, response.looksLikeMarkup { return .notJSON(request) }
      return Failure(
        "signin.refused", exit: .denied,
        "\(request.purpose): the authority rejected the request with status \(response.status).",
        hint: "Check tenant, client id, credential and authority URL.")
    }
  }

  /// From `error_codes`, else from the text.
  private static func number(_ answer: JSONValue?, _ text: String) -> Int? {
    if let code = answer?["error_codes"]?.array?.first?.integer { return Int(exactly: code) }
    guard let range = text.ranges(of: "AADSTS").first else { return nil }
    let digits = text[range.upperBound...].prefix { $0.isASCII && $0.isNumber }
    return digits.utf8.count <= 9 ? Int(digits) : nil
  }

  private static func refused(
    _ number: Int, _ request: Request, _ response: Response, now: Instant
  ) -> Failure {
    if number == 50_196 { return .later(request, response, now: now) }
    let known = EntraReason.all[number]
    let reason = known?.reason ?? "the sign-in was rejected"
    return Failure(
      "signin.aadsts\(number)", exit: .denied, "\(request.purpose): \(reason) (AADSTS\(number)).",
      hint: known?.hint ?? "Look the number up at https://login.microsoftonline.com/error?code=\(number).")
  }

  private static func noIdentity(_ request: Request, _ status: Int) -> Failure {
    Failure(
      "signin.no_identity", exit: .denied,
      "\(request.purpose): the machine's identity endpoint returned status \(status).",
      hint: "Assign a managed identity to this machine, or configure the client id of the one to use.")
  }

  private static func noToken(_ request: Request) -> Failure {
    Failure(
      "signin.no_token", exit: .protocolBroken, "\(request.purpose): the response contains no access token.",
      hint: "Check the authority URL.")
  }

  private static func wrongType(_ request: Request) -> Failure {
    Failure(
      "signin.token_type", exit: .protocolBroken, "\(request.purpose): the token is not a bearer token.",
      hint: "Check the authority URL.")
  }
}

/// What the authority's numbers mean here. Source: Microsoft Entra authentication error codes.
enum EntraReason {
  static let all: [Int: (reason: String, hint: String)] = [
    7_000_215: (
      "the client secret is wrong", "Use the secret's value, not its id; create a new one if the value is lost."
    ),
    7_000_222: ("the client secret has expired", "Create a new secret on the app registration, or use a certificate."),
    7_000_216: ("no secret or certificate was accepted", "Configure the app's client secret or certificate."),
    700_016: (
      "the app does not exist in this tenant", "Check client id and tenant; an administrator has to consent to the app."
    ),
    90_002: (
      "the tenant does not exist", "Check the tenant's id or domain, and that the authority is for the correct cloud."
    ),
    90_023: ("the tenant is not valid", "Use the tenant's id or one of its domains."),
    900_023: ("the tenant is neither an id nor a domain", "Use the tenant's id or one of its domains."),
    700_027: (
      "the certificate is not registered with the app", "Upload this certificate; a renewed one must be uploaded too."
    ),
    700_024: ("the assertion is expired or not yet valid", "Correct this host's clock."),
    700_211: ("no federated credential matches the token's issuer", "Compare the federated credential's issuer."),
    700_212: ("no federated credential matches the token's audience", "Use the audience api://AzureADTokenExchange."),
    700_213: ("no federated credential matches the token's subject", "Compare the federated credential's subject."),
    70_021: ("no federated credential matches the token", "Compare issuer, subject and audience of both."),
    50_013: ("the signed assertion is not accepted", "Check that certificate and private key match."),
    50_027: ("the token that was sent is malformed", "Check the certificate, key or federated token file."),
    70_011: ("the scope is not valid", "Check the service's URL: the scope is made from it."),
    500_011: ("the service does not exist in this tenant", "Check the service's URL and the tenant's cloud."),
    50_034: ("the account does not exist in this tenant", "Check the username and the tenant."),
    7_000_112: ("the app is disabled", "Enable the app's service principal in this tenant."),
    53_003: ("a conditional access policy blocks the sign-in", "Allow this app's sign-in from this host's address."),
  ]
}
