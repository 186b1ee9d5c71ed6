// The ways to sign in, as the configuration names them.

internal import HTTPTransport
package import IntakeCore

/// The credential of a source. An `Authenticator` reads its files and requests tokens.
package enum Credential: Sendable {
  /// A service account, for the legacy service only.
  case basic(username: String, password: Secret)
  case clientSecret(tenant: String, clientID: String, secret: Secret, authority: String)
  /// PEM files: the certificate that is registered with the app, and its private key.
  case certificate(
    tenant: String, clientID: String, certificateFile: String, privateKeyFile: String, authority: String)
  /// A file that holds another issuer's token and is replaced as it expires.
  case federatedTokenFile(tenant: String, clientID: String, file: String, authority: String)
  /// The identity of the machine: App Service where its variables are set, else the instance metadata endpoint.
  case managedIdentity(clientID: String?)
  /// A file that holds a ready access token, kept fresh by someone else.
  case accessTokenFile(String)
}

/// Where apps of each national cloud sign in.
package enum NationalCloud {
  /// The authority that belongs to a service's URL. Source: Microsoft Entra, "National clouds".
  package static func authority(besideService url: String) -> String {
    guard let host = WebAddress(url)?.origin.host else { return worldwide }
    if host.hasSuffix(".us") { return "https://login.microsoftonline.us" }
    if host.hasSuffix(".cn") { return "https://login.partner.microsoftonline.cn" }
    return worldwide
  }

  private static let worldwide = "https://login.microsoftonline.com"
}

/// The generations of the Graph API for message traces.
package enum GraphVersion: String, Sendable, CaseIterable {
  case v1 = "v1.0"
  case beta
  /// The draft of 2021: rows per message, recipients expanded within them.
  case beta2021 = "beta-2021"
}
