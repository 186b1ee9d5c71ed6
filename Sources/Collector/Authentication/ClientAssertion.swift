// The signed statement by which an app proves that it holds its certificate's key. RFC 7523; Microsoft Entra, "certificate
// credentials": PS256 with the certificate's SHA-256 thumbprint.

internal import CSystem
internal import HTTPTransport
internal import IntakeCore

/// A certificate and its key, checked to belong together, ready to sign.
struct ClientAssertion: Sendable {
  private let key: Secret
  private let certificate: [UInt8]
  /// Base64url of SHA-256 over the certificate's DER: how the authority finds it.
  let thumbprint: String

  init(certificateFile: String, privateKeyFile: String) throws(Failure) {
    certificate = try FileBytes.read(certificateFile, purpose: "certificate")
    key = try SecretReference.file(privateKeyFile).load(purpose: "private key", environment: [:])
    guard let der = Self.firstCertificate(certificate) else { throw Self.failure(-3) }
    thumbprint = Base64.encodeForURL(SHA256.digest(der))
    _ = try sign([0])
  }

  /// A JWT for the app's token endpoint, good for ten minutes and once.
  func make(_ app: EntraApp, now: Instant) throws(Failure) -> Secret {
    let seconds = now.ticks / Instant.perSecond
    let header: [JSONValue.Member] = [
      .init("alg", .string("PS256")), .init("typ", .string("JWT")), .init("x5t#S256", .string(thumbprint)),
    ]
    let claims: [JSONValue.Member] = [
      .init("aud", .string(app.tokenEndpoint.text)), .init("iss", .string(app.clientID)),
      .init("sub", .string(app.clientID)), .init("jti", .string(RandomUUID.make())),
      .init("nbf", .number("\(seconds)")), .init("iat", .number("\(seconds)")),
      .init("exp", .number("\(seconds + 600)")),
    ]
    let parts = [header, claims].map { Base64.encodeForURL(Array(JSONValue.object($0).text.utf8)) }
    let signed = parts.joined(separator: ".")
    let signature = try sign(Array(signed.utf8))
    return Secret("\(signed).\(Base64.encodeForURL(signature))")
  }

  private func sign(_ bytes: [UInt8]) throws(Failure) -> [UInt8] {
    var signature = [UInt8](repeating: 0, count: 2_048)
    let capacity = signature.count
    let pem = key.revealed
    let chars = certificate.map { CChar(bitPattern: $0) }
    let length = unsafe csystem_crypto_sign(
      pem, pem.utf8.count, chars, chars.count, bytes, bytes.count, &signature, capacity)
    guard length > 0, length <= capacity else { throw Self.failure(length) }
    return Array(signature.prefix(length))
  }

  /// The DER of the first certificate in PEM text.
  static func firstCertificate(_ pem: [UInt8]) -> [UInt8]? {
    let text = String(decoding: pem, as: UTF8.self)
    guard let begin = text.ranges(of: "-----BEGIN CERTIFICATE-----").first,
      let end = text[begin.upperBound...].ranges(of: "-----END CERTIFICATE-----").first
    else { return nil }
    return Base64.decode(text[begin.upperBound..<end.lowerBound]).flatMap { $0.isEmpty ? nil : $0 }
  }

  private static func failure(_ code: Int) -> Failure {
    let (reason, hint) =
      switch code {
      case -1: ("libcrypto.so.3 is not installed", "Install the system's OpenSSL package (Debian: libssl3).")
      case -2: ("the private key cannot be read", "Use an RSA key as PEM, without a passphrase.")
      case -3: ("the certificate cannot be read", "Use a certificate in PEM format.")
      case -4:
        ("certificate and private key do not match", "Use the private key of this certificate.")
      default: ("the key is not usable for signing", "Use an RSA key of at least 2048 bits.")
      }
    return Failure("signin.certificate", exit: .configuration, "Preparing the sign-in: \(reason).", hint: hint)
  }
}
