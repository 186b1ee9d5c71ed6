// The one error type of the program: what was being done, what to do about it, and which exit code says so.

/// Anything that went wrong, told to a person in one sentence and a hint, and to a program by code and exit status.
package struct Failure: Error, Sendable, Equatable {
  /// What may be tried: the question that retrying, splitting and restarting wrappers ask.
  package enum Recovery: Sendable, Equatable {
    /// The same request can never succeed.
    case never
    /// The same request may succeed later; with the peer's own wish where it named one.
    case later(after: Duration?)
    /// The next link is refused or expired: the window has to be read again from its first page.
    case restartWindow
    /// The answer is too large, too slow or over the service's cap: the window has to be halved.
    case smallerWindow
  }

  /// Stable token such as `source.foreign_link`: part of the interface, used in logs and metrics.
  package var code: String
  /// One whole sentence: what was being done and why it failed. No secret, address or subject.
  package var sentence: String
  /// What to do, one sentence, where there is something to do.
  package var hint: String?
  package var exit: ExitCode
  package var recovery: Recovery

  package init(
    _ code: String, exit: ExitCode, _ sentence: String, hint: String? = nil, recovery: Recovery = .never
  ) {
    self.code = code
    self.exit = exit
    self.sentence = sentence
    self.hint = hint
    self.recovery = recovery
  }

  /// The failure of a cancelled operation: the window in hand stays open and is read again next time.
  package static let stopped = Failure(
    "stop.signal", exit: .tryLater, "Stopped before the window was done; it will be read again next time.")
}

extension Failure: CustomStringConvertible {
  package var description: String { sentence }
}
