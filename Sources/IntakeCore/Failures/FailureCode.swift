// The codes of failures: how one part of the program recognizes what failed in another.

extension Failure {
  /// The name of a kind of failure, such as `state.locked`: the same in logs, metrics and the status file.
  ///
  /// Codes that code compares are constants, in the target that throws them or here; the others are spelled once, where they
  /// are thrown.
  package struct Code: RawRepresentable, Hashable, Sendable, CustomStringConvertible {
    package let rawValue: String

    package init(rawValue: String) { self.rawValue = rawValue }

    package var description: String { rawValue }
  }
}

extension Failure.Code {
  /// The operation was cancelled.
  package static let stopped = Self(rawValue: "stop.signal")
  /// A wait for the quota or a Retry-After that is longer than the caller accepts.
  package static let waitTooLong = Self(rawValue: "source.wait_too_long")
  /// Another process holds the state.
  package static let stateLocked = Self(rawValue: "state.locked")

  /// The service refuses the credential.
  package static let unauthorized = Self(rawValue: "source.unauthorized")
  /// The service refuses the query itself.
  package static let refused = Self(rawValue: "source.refused")
  package static let notFound = Self(rawValue: "source.not_found")
  /// No connection to the service.
  package static let unreachable = Self(rawValue: "source.unreachable")
  package static let throttled = Self(rawValue: "source.throttled")
  /// 504: the query behind the answer took too long.
  package static let gatewayTimeout = Self(rawValue: "source.gateway_timeout")
  /// Connected, and no byte arrived within the deadline.
  package static let silent = Self(rawValue: "source.silent")
  /// A trace id that is no GUID, which Graph cannot look up.
  package static let badTraceIdentifier = Self(rawValue: "search.trace_id")
}
