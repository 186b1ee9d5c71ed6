// The network: libcurl on one thread for all transports, every limit of ours enforced by our own clock.

package import IntakeCore
internal import Synchronization

/// Sends requests over connections that stay open. No redirect is followed, no cookie, netrc file or proxy variable is
/// looked at, and TLS is always verified. Waiting for an answer takes no thread.
package final class CurlTransport: Transport {
  private let settings: HTTPSettings
  private let loop = Mutex<CurlLoop?>(nil)
  private let count: RequestCounter

  package init(_ settings: HTTPSettings, counting count: RequestCounter) {
    self.settings = settings
    self.count = count
  }

  package func send(_ request: Request) async throws(Failure) -> Response {
    let loop = try opened()
    var secrets: [Secret] = []
    for credential in (request.authorization.map { [$0] } ?? []) + request.credentials {
      secrets.append(try credential.header(for: request.address))
    }
    count.add()
    return try await loop.send(request, secrets, settings, count)
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
