// Tokens for services other than the source.

package import IntakeCore

/// Provides the credential of requests that need a token.
package protocol TokenSource: Sendable {
  /// The credential of the next request; requests a token only if none is valid.
  func authorization() async throws(Failure) -> Authorization
  /// Called when the service has refused it. True if a fresh one can be requested.
  func refused() async -> Bool
}
