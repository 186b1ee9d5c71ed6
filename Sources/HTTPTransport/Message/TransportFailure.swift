// What any exchange may end with, whoever notices it: the transport, or what reads the answer.

package import IntakeCore

extension Failure {
  package static func unreachable(_ request: Request, _ reason: String, hint: String) -> Failure {
    Failure(
      .unreachable, exit: .tryLater, "\(request.purpose): \(reason).", hint: hint,
      recovery: .later(after: nil))
  }

  /// The answer ended early, or its connection was reset.
  package static func cutShort(_ request: Request) -> Failure {
    Failure(
      "source.cut_short", exit: .tryLater, "\(request.purpose): the response ended early.",
      hint: "Retried automatically; if this persists, check proxies and firewalls on the path.",
      recovery: .later(after: nil))
  }

  package static func malformed(_ request: Request, _ reason: String) -> Failure {
    Failure(
      "source.malformed", exit: .protocolBroken, "\(request.purpose): invalid response: \(reason).",
      hint: "Check that the configured URL is the service's own and that no proxy intercepts the request.",
      recovery: .later(after: nil))
  }

  package static func tooSlow(_ request: Request, _ deadline: Duration) -> Failure {
    Failure(
      "source.too_slow", exit: .tryLater, "\(request.purpose): the response was incomplete after \(deadline.exactly).",
      hint: "Smaller windows are tried automatically; if this persists, reduce the page size.", recovery: .smallerWindow
    )
  }

  package static func silent(_ request: Request, _ deadline: Duration) -> Failure {
    Failure(
      .silent, exit: .tryLater, "\(request.purpose): no data received for \(deadline.exactly).",
      hint: "Retried automatically; if this persists, check proxies and firewalls on the path.",
      recovery: .later(after: nil))
  }
}
