// The sign-ins of a source, for other services of Microsoft.

package import HTTPTransport
package import IntakeCore

package enum ServiceTokens {
  /// - Parameters:
  ///   - credential: any but basic.
  ///   - resource: whose permissions are asked for, such as `https://monitor.azure.com`.
  ///   - origin: the only one that the tokens are sent to.
  ///   - http: for the requests to the authority.
  ///   - time: for the life of tokens and waits.
  ///   - log: for retries.
  /// - Throws: `config.…` (78) for a credential that cannot be used.
  package static func make(
    _ credential: Credential, resource: String, origin: Origin, http: HTTPSettings, time: TimeSource, log: Log
  ) throws(Failure) -> any TokenSource {
    guard let grant = try TokenRequest.make(credential, resource: resource) else {
      throw Failure(.signInBug, exit: .bug, "Preparing the sign-in of a sink: it needs a token.")
    }
    let transport = RetryingTransport(
      base: CurlTransport(http, counting: RequestCounter()), time: time, log: log)
    return TokenAuthenticator(grant, transport: transport, origin: origin, time: time) { _ in }
  }
}

extension TokenAuthenticator: TokenSource {}
