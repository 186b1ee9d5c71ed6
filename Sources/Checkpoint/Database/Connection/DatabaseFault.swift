// What a connection met, and what a person reads of it.

package import IntakeCore

/// A statement or a connection that failed.
package struct DatabaseFault: Error, Sendable, Equatable {
  /// PostgreSQL's SQLSTATE; empty where no server has said one.
  package var state: String
  /// The first line of what libpq or the server says.
  package var message: String
  /// The connection is gone, and whether its last statement took effect is not known.
  package var isLost: Bool

  package init(state: String = "", _ message: String, isLost: Bool = false) {
    self.state = state
    self.message = message
    self.isLost = isLost
  }

  /// Serialization failures and deadlocks: nothing took effect, and the same statement may succeed at once.
  var isConflict: Bool { state == "40001" || state == "40P01" }

  /// True if another connection, a little later, may do what this one could not.
  var mayPass: Bool {
    isLost || isConflict || ["57P01", "57P02", "57P03", "25006"].contains(state) || state.hasPrefix("08")
  }

  /// - Parameters:
  ///   - doing: what was being done, such as `Writing the journal`.
  ///   - target: which database.
  package func failure(_ doing: String, _ target: DatabaseTarget) -> Failure {
    let said = message.isEmpty ? "" : ": \(Log.clean(message, limit: 300))"
    let mark = state.isEmpty ? "" : " (SQLSTATE \(state))"
    let (code, exit, hint) = reading(target)
    return Failure(
      code, exit: exit, "\(doing) in \(target.place)\(said)\(mark).", hint: hint,
      recovery: exit == .tryLater ? .later(after: nil) : .never, cause: self)
  }

  private func reading(_ target: DatabaseTarget) -> (Failure.Code, ExitCode, String) {
    switch state {
    case "28P01", "28000":
      (
        .databaseDenied, .denied,
        "Give the password in a file (PGPASSFILE, or password-file= in the state's URI), or check pg_hba.conf."
      )
    case "" where message.contains("certificate"):
      (
        .databaseUntrusted, .protocolBroken,
        "Name the authority in sslrootcert, and the host as the server's certificate names it."
      )
    case "42501":
      (.databaseDenied, .denied, "Grant this role what it needs: message-trace help state.")
    case "3D000":
      (.databaseSchema, .configuration, "Create the database, or correct its name in the state's URI.")
    case "3F000", "42P01", "42703", "42883":
      (.databaseSchema, .configuration, "Run: message-trace state init --state \(target.place)")
    case "53100", "53200", "53300", "53400", "54000":
      (
        .databaseUnavailable, .tryLater,
        "Free the resource that the server lacks (disk, memory, connections); nothing is lost."
      )
    case "25006":
      (.databaseUnavailable, .tryLater, "Connect to the primary server: this one is read-only; nothing is lost.")
    case "57014", "55P03":
      (.databaseUnavailable, .tryLater, "Find out why the server is slow or what holds a lock there; nothing is lost.")
    default:
      (.databaseUnavailable, .tryLater, "Check that the server runs and that this host reaches it; nothing is lost.")
    }
  }
}

extension Failure.Code {
  /// The database cannot be used now.
  package static let databaseUnavailable = Self(rawValue: "state.database")
  /// The database refuses this role.
  package static let databaseDenied = Self(rawValue: "state.database.denied")
  /// The server's certificate is not from a known authority, or for another name.
  package static let databaseUntrusted = Self(rawValue: "state.database.untrusted")
  /// The database does not exist, or has no tables of this program.
  package static let databaseSchema = Self(rawValue: "state.database.schema")
}
