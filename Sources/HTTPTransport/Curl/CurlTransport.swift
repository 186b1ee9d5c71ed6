// The network: libcurl on one thread for all transports, every limit of ours enforced by our own clock.

package import IntakeCore
internal import Synchronization

/// Sends requests over connections that stay open. No redirect is followed, no cookie, netrc file or proxy variable is
/// looked at, and TLS is always verified. Waiting for an answer takes no thread.
package final class CurlTransport: Transport {
  private let settings: HTTPSettings
  private let loop = Mutex<CurlLoop?>(nil)
  private let counter: RequestCounter

  package init(_ settings: HTTPSettings, counting counter: RequestCounter) {
    self.settings = settings
    self.counter = counter
  }

  package func send(_ request: Request) async throws(Failure) -> Response {
    let loop = try opened()
    var credentialLines: [Secret] = []
    for credential in (request.authorization.map { [$0] } ?? []) + request.credentials {
      credentialLines.append(try credential.header(for: request.address))
    }
    counter.countRequest()
    return try await loop.send(request, credentialLines, settings, counter)
  }

  private func opened() throws(Failure) -> CurlLoop {
    try loop.withLock { (loop) throws(Failure) in
      if let loop { return loop }
      let shared = try CurlLoop.shared(for: settings)
      loop = shared
      return shared
    }
  }
}
