// The one error type of the program: message and hint for people, code and exit status for scripts.

/// Anything that went wrong: what was being done and why it failed, what to do about it, and which exit code it ends with.
package struct Failure: Error, Sendable {
  /// What may be tried: the question of wrappers that retry, split and restart.
  package enum Recovery: Sendable, Equatable {
    /// The same request can never succeed.
    case never
    /// The same request may succeed later; after the peer's own delay where it named one.
    case later(after: Duration?)
    /// The next link is refused or expired: the window has to be read again from its first page.
    case restartWindow
    /// The answer is too large, too slow or over the service's cap: the window has to be halved.
    case smallerWindow
  }

  /// Part of the interface, used in logs and metrics.
  package var code: Code
  /// One whole sentence: what was being done and why it failed. No secret, address or subject.
  package var sentence: String
  /// What to do, one sentence, where there is something to do.
  package var hint: String?
  package var exit: ExitCode
  package var recovery: Recovery
  /// The error below this one, where there was one: a failed system call, another failure.
  package var cause: (any Error)?

  package init(
    _ code: Code, exit: ExitCode, _ sentence: String, hint: String? = nil, recovery: Recovery = .never,
    cause: (any Error)? = nil
  ) {
    self.code = code
    self.sentence = sentence
    self.hint = hint
    self.exit = exit
    self.recovery = recovery
    self.cause = cause
  }

  /// A failure whose code nothing else refers to.
  package init(
    _ code: String, exit: ExitCode, _ sentence: String, hint: String? = nil, recovery: Recovery = .never,
    cause: (any Error)? = nil
  ) {
    self.init(Code(rawValue: code), exit: exit, sentence, hint: hint, recovery: recovery, cause: cause)
  }

  /// The failure of a cancelled operation: its window stays open and is read again next time.
  package static let stopped = Failure(
    .stopped, exit: .tryLater, "Stopped before the window was complete; the next run reads it again.")
}

extension Failure: Equatable {
  /// Equal if they read the same; the causes are not compared.
  package static func == (left: Failure, right: Failure) -> Bool {
    left.code == right.code && left.sentence == right.sentence && left.hint == right.hint && left.exit == right.exit
      && left.recovery == right.recovery
  }
}

extension Failure: CustomStringConvertible {
  package var description: String { sentence }
}
