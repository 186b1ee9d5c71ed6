// Token requests, one form for each way of signing in. OAuth 2.0 client credentials and managed identities.

internal import Glibc
internal import HTTPTransport
internal import IntakeCore

/// A way to get a token, with all parameters of its request.
enum TokenRequest: Sendable {
  case entra(EntraApp, proof: Proof)
  case instanceMetadata(WebAddress, resource: String, clientID: String?)
  case appService(WebAddress, header: Secret, resource: String, clientID: String?)
  case file(String)

  /// What the app proves itself with.
  enum Proof: Sendable {
    case secret(Secret)
    case certificate(ClientAssertion)
    /// Read again at each request: it rotates.
    case federatedToken(file: String)
  }

  func request(now: Instant) throws(Failure) -> Request {
    var request = try makeRequest(now)
    request.bodyCap = TokenResponse.maximumBytes
    return request
  }

  private func makeRequest(_ now: Instant) throws(Failure) -> Request {
    switch self {
    case .entra(let app, let proof):
      var fields = [("grant_type", "client_credentials"), ("client_id", app.clientID), ("scope", app.scope)]
      fields += try Self.fields(proof, app, now)
      return Request(
        .post(.secret(Secret(PercentEncoding.form(fields)))), app.tokenEndpoint,
        headers: [("Content-Type", "application/x-www-form-urlencoded"), ("Accept", "application/json")],
        purpose: "Signing in to Microsoft Entra")
    case .instanceMetadata(let address, let resource, let clientID):
      let fields = [("api-version", "2018-02-01"), ("resource", resource)] + Self.field("client_id", clientID)
      return Self.local(address.withQuery(PercentEncoding.form(fields)), ("Metadata", "true"))
    case .appService(let address, let header, let resource, let clientID):
      let fields = [("resource", resource), ("api-version", "2019-08-01")] + Self.field("client_id", clientID)
      return Self.local(address.withQuery(PercentEncoding.form(fields)), ("X-IDENTITY-HEADER", header.revealed))
    case .file:
      throw Failure(.signInBug, exit: .bug, "Signing in: a token file needs no request.")
    }
  }

  /// What proves the caller; that of a file begins its sentence.
  var name: String {
    switch self {
    case .entra(let app, .secret): "the client secret of the app \(Log.clean(app.clientID, limit: 60))"
    case .entra(let app, .certificate): "the certificate of the app \(Log.clean(app.clientID, limit: 60))"
    case .entra(let app, .federatedToken): "a federated token for the app \(Log.clean(app.clientID, limit: 60))"
    case .instanceMetadata, .appService: "the managed identity"
    case .file: "The access token of a file"
    }
  }

  /// False for a token that another program keeps fresh.
  var isRequested: Bool {
    if case .file = self { return false }
    return true
  }

  /// For hints: what the operator has to look at.
  var isManagedIdentity: Bool {
    switch self {
    case .instanceMetadata, .appService: true
    case .entra, .file: false
    }
  }

  private static func field(_ name: String, _ value: String?) -> [(String, String)] {
    value.map { [(name, $0)] } ?? []
  }

  /// These endpoints are on the machine itself: a proxy must never see their responses.
  private static func local(_ address: WebAddress, _ header: (String, String)) -> Request {
    var request = Request(
      .get, address, headers: [header, ("Accept", "application/json")], purpose: "Signing in with the managed identity")
    request.mayUseProxy = false
    return request
  }

  private static func fields(
    _ proof: Proof, _ app: EntraApp, _ now: Instant
  ) throws(Failure) -> [(String, String)] {
    let assertion: Secret
    switch proof {
    case .secret(let secret): return [("client_secret", secret.revealed)]
    case .certificate(let signing): assertion = try signing.make(app, now: now)
    case .federatedToken(let file):
      assertion = try SecretReference.file(file).load(purpose: "federated token", environment: [:])
    }
    return [
      ("client_assertion_type", "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"),
      ("client_assertion", assertion.revealed),
    ]
  }
}

/// An app registration and what it asks for.
struct EntraApp: Sendable {
  let tenant: String
  let clientID: String
  let scope: String
  let tokenEndpoint: WebAddress

  init(tenant: String, clientID: String, authority: String, resource: String) throws(Failure) {
    guard let base = WebAddress(authority) else { throw .badURL("authority", authority) }
    guard !tenant.isEmpty, !clientID.isEmpty else {
      throw Failure(
        "config.missing", exit: .configuration,
        "Preparing the sign-in: the \(tenant.isEmpty ? "tenant" : "client id") is empty.",
        hint: "Both are shown on the app registration's overview page.")
    }
    self.tenant = tenant
    self.clientID = clientID
    scope = resource + "/.default"
    tokenEndpoint = base.appending(PercentEncoding.encode(tenant) + "/oauth2/v2.0/token")
  }
}

extension TokenRequest {
  /// nil for a service account, which needs none.
  static func make(_ credential: Credential, resource: String) throws(Failure) -> TokenRequest? {
    switch credential {
    case .basic: return nil
    case .clientSecret(let tenant, let clientID, let secret, let authority):
      return .entra(
        try EntraApp(tenant: tenant, clientID: clientID, authority: authority, resource: resource),
        proof: .secret(secret))
    case .certificate(let tenant, let clientID, let certificate, let key, let authority):
      return .entra(
        try EntraApp(tenant: tenant, clientID: clientID, authority: authority, resource: resource),
        proof: .certificate(try ClientAssertion(certificateFile: certificate, privateKeyFile: key)))
    case .federatedTokenFile(let tenant, let clientID, let file, let authority):
      return .entra(
        try EntraApp(tenant: tenant, clientID: clientID, authority: authority, resource: resource),
        proof: .federatedToken(file: file))
    case .managedIdentity(let clientID): return try managedIdentity(resource: resource, clientID: clientID)
    case .accessTokenFile(let path): return .file(path)
    }
  }

  private static func managedIdentity(resource: String, clientID: String?) throws(Failure) -> TokenRequest {
    if let endpoint = environment("IDENTITY_ENDPOINT"), let header = environment("IDENTITY_HEADER") {
      guard let address = WebAddress.local(endpoint) else { throw .badURL("IDENTITY_ENDPOINT", endpoint) }
      return .appService(address, header: Secret(header), resource: resource, clientID: clientID)
    }
    guard let address = WebAddress.local("http://169.254.169.254/metadata/identity/oauth2/token") else {
      throw .badURL("instance metadata address", "")
    }
    return .instanceMetadata(address, resource: resource, clientID: clientID)
  }

  private static func environment(_ name: String) -> String? {
    guard let value = unsafe getenv(name) else { return nil }
    let text = unsafe String(cString: value)
    return text.isEmpty ? nil : text
  }
}

extension Failure {
  static func badURL(_ name: String, _ value: String) -> Failure {
    Failure(
      "config.url", exit: .configuration, "Reading the \(name): invalid URL.",
      hint: "Use an https URL without user name; http only for loopback.")
  }
}

extension Failure.Code {
  /// A credential that cannot occur here: a defect of this program.
  static let signInBug = Self(rawValue: "signin.bug")
}
