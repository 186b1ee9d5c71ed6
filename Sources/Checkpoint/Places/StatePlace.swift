// Where a tenant's state is: a directory of its own, or its rows in a database.

package import IntakeCore

package enum StatePlace: Sendable {
  case directory(String)
  case database(Database, tenant: String)

  /// - Parameters:
  ///   - text: a path, or a URI as in `DatabaseTarget`.
  ///   - tenant: whose state it is.
  ///   - environment: for the database's password.
  /// - Throws: `config.invalid` (78) for a URI that cannot be used, or a secret that cannot be read.
  package init(_ text: String, tenant: String, environment: [String: String]) throws(Failure) {
    guard DatabaseTarget.isOne(text) else {
      self = .directory(text)
      return
    }
    let target = try DatabaseTarget(parsing: text).withSecrets(environment)
    self = .database(Database.shared(target), tenant: tenant)
  }

  /// As in sentences: no user and no option.
  package var text: String {
    switch self {
    case .directory(let path): path
    case .database(let database, _): database.target.place
    }
  }

  /// Equal for playbooks that share a state in a database; a directory's path.
  package var sharedName: String {
    switch self {
    case .directory(let path): path
    case .database(let database, let tenant): "postgresql://\(database.target.identity), tenant \(tenant)"
    }
  }

  /// Finds out whether the state can be used. A directory is opened; a database is asked, and its tenant stays with
  /// whoever holds it.
  package func check(tenant: String, log: Log) throws(Failure) {
    switch self {
    case .directory: try open(tenant: tenant, log: log).close()
    case .database(let database, let tenant): try StateDatabase.check(database, tenant: tenant)
    }
  }

  /// The database, nil for a directory.
  package var database: Database? {
    if case .database(let database, _) = self { database } else { nil }
  }

  /// Opens the state, which is then held by this process.
  /// - Parameters:
  ///   - tenant: of a directory, which is bound to one.
  ///   - log: for what recovery has to say.
  ///   - recalled: see `StateDirectory.open`.
  package func open(
    tenant: String, log: Log, recalling recalled: Instant? = nil
  ) throws(Failure) -> AnyState {
    switch self {
    case .directory(let path):
      let store = try StateDirectory.open(path, tenant: tenant, log: log, recalling: recalled)
      do throws(Failure) {
        try MovedMarker(path: path).check()
      } catch {
        store.close()
        throw error
      }
      return .directory(store, DirectoryDocuments(path))
    case .database(let database, _):
      return .database(try StateDatabase.open(database, tenant: tenant, log: log, recalling: recalled))
    }
  }

  /// The documents, for whoever does not hold the state.
  package var documents: any StateDocuments {
    switch self {
    case .directory(let path): DirectoryDocuments(path)
    case .database(let database, let tenant): DatabaseDocuments(database, tenant: tenant)
    }
  }

  package var rejected: any RejectedEvents {
    switch self {
    case .directory(let path): RejectedFile(path)
    case .database(let database, let tenant): RejectedTable(database, tenant: tenant)
    }
  }

  /// Reads the state without holding it; nil where nothing was collected yet.
  package func summary() throws(Failure) -> StateSummary? {
    switch self {
    case .directory(let path): try StateDirectory.summary(path)
    case .database(let database, let tenant): try StateDatabase.summary(database, tenant: tenant)
    }
  }

  /// Sets the state aside, or of a directory what is damaged of it; nothing is deleted.
  package func rebuild(tenant: String, log: Log) throws(Failure) {
    switch self {
    case .directory(let path): try StateDirectory.rebuild(path, tenant: tenant, log: log)
    case .database(let database, _): try StateDatabase.rebuild(database, tenant: tenant, log: log)
    }
  }
}
