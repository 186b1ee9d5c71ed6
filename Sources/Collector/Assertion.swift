// The signed statement by which an app proves that it holds its certificate's key. RFC 7523, Entra certificate credentials.

internal import IntakeCore

/// A certificate and its key, ready to sign.
struct Assertion: Sendable {
  init(certificateFile: String, privateKeyFile: String) throws(Failure) {
    throw Failure("signin.certificate", exit: .configuration, "Preparing the sign-in: certificates are not supported.")
  }

  func make(_ app: EntraApp, now: Instant) throws(Failure) -> Secret { Secret("") }
}
