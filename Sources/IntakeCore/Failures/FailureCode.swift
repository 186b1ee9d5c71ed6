// The codes of failures: how one part of the program recognises what failed in another.

extension Failure {
  /// The name of a kind of failure, such as `state.locked`: the same in logs, metrics and the status file.
  ///
  /// Codes that code compares, or that several places throw, are constants, in the target that throws them or here; the
  /// others are spelled once, where they are thrown.
  package struct Code: RawRepresentable, Hashable, Sendable, CustomStringConvertible {
    package let rawValue: String

    package init(rawValue: String) { self.rawValue = rawValue }

    package var description: String { rawValue }
  }
}

extension Failure {
  /// Another process holds the state, or has taken it over: it is the one that goes on, and that writes status and metrics.
  package var isOfHolder: Bool { [.stateLocked, .stateLeased, .stateFenced].contains(code) }

  /// The state, or what holds it, is in the way.
  package var isOfState: Bool { code.rawValue.hasPrefix("state.") || [.journalCorrupt, .stopped].contains(code) }

  /// True for what another machine may not meet, for it has other files, limits, names and routes. An answer of the service or
  /// of a receiver, refused connections among them, is none of it.
  package var isOfMachine: Bool {
    guard !isOfState else { return false }
    let parts = code.rawValue.split(separator: ".")
    let (area, kind) = (parts.first ?? "", parts.last ?? "")
    switch exit {
    case .system, .cannotCreate, .noInput: return true
    case .ioError: return area == "io" || kind == "enospc"
    case .configuration: return Self.areasOfMachine.contains(String(area))
    case .tryLater: return kind == "unresolved" || kind == "unreachable"
    case .done, .usage, .badData, .unavailable, .bug, .protocolBroken, .denied: return false
    }
  }

  /// Settings, and the files that they name.
  private static let areasOfMachine: Set<String> = [
    "config", "fields", "file", "http", "mapping", "redaction", "secret",
  ]
}

extension Failure.Code {
  /// The operation was cancelled.
  package static let stopped = Self(rawValue: "stop.signal")
  /// A wait for the quota or a Retry-After that is longer than the caller accepts.
  package static let waitTooLong = Self(rawValue: "source.wait_too_long")
  /// Another process holds the state.
  package static let stateLocked = Self(rawValue: "state.locked")
  /// Another process holds the tenant in a database.
  package static let stateLeased = Self(rawValue: "state.leased")
  /// Another process has taken the tenant over from this one.
  package static let stateFenced = Self(rawValue: "state.fenced")

  /// Another user owns the state, or others may write to it.
  package static let statePermissions = Self(rawValue: "state.perms")
  package static let stateMissing = Self(rawValue: "state.missing")
  /// A journal entry is missing or damaged.
  package static let journalCorrupt = Self(rawValue: "journal.corrupt")

  package static let configInvalid = Self(rawValue: "config.invalid")
  package static let secretMissing = Self(rawValue: "secret.missing")
  package static let dateFormat = Self(rawValue: "input.date_format")
  package static let fileUnreadable = Self(rawValue: "file.unreadable")
  /// No file descriptor is left, in this process or on the host.
  package static let noDescriptors = Self(rawValue: "os.emfile")

  /// Another process writes to the output file.
  package static let outputLocked = Self(rawValue: "sink.file.locked")
  package static let stdoutClosed = Self(rawValue: "sink.stdout.closed")
  package static let tlsLibrary = Self(rawValue: "sink.tls.library")

  /// The same next link came twice.
  package static let linkLoop = Self(rawValue: "source.link_loop")
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
  /// A trace id with other characters than letters, digits and hyphens.
  package static let badTraceIdentifier = Self(rawValue: "search.trace_id")
}
