// The connections of this process to one database: shared by all its tenants, because none keeps anything of a session
// between two statements.

internal import Glibc
package import IntakeCore
internal import Synchronization

/// A pool of connections. A statement borrows one; most statements are whole transactions.
package final class Database: Sendable {
  package let target: DatabaseTarget
  /// Asked before each statement, for tests; nil lets it pass.
  let faults: DatabaseFaults?
  private let idle = Mutex<[DatabaseConnection]>([])
  /// Connections that are lent.
  private let lent = Mutex(0)

  /// Connections at a time: a server allows 100 by default.
  private static let most = 8
  private static let shared = Mutex<[String: Database]>([:])

  package init(_ target: DatabaseTarget, faults: DatabaseFaults? = nil) {
    self.target = target
    self.faults = faults
  }

  /// The pool of this process for the URI.
  package static func shared(_ target: DatabaseTarget) -> Database {
    shared.withLock { known in
      if let database = known[target.text] { return database }
      let database = Database(target)
      known[target.text] = database
      return database
    }
  }

  /// Runs one statement on any connection.
  /// - Parameters:
  ///   - statement: with what it is called in tests and errors.
  ///   - values: its parameters.
  package func run(
    _ statement: DatabaseStatement, _ values: [DatabaseValue] = []
  ) throws(DatabaseTrouble) -> DatabaseRows {
    try borrowing { (connection) throws(DatabaseFault) in try run(statement, values, on: connection) }
  }

  /// Lends one connection to `body`: what several statements need together.
  package func borrowing<Value>(
    _ body: (DatabaseConnection) throws(DatabaseFault) -> Value
  ) throws(DatabaseTrouble) -> Value {
    let began = ContinuousClock.now
    while !lend() {
      // A process that stops gives all its leases back at once: each waits for its turn, but not long.
      guard ContinuousClock.now - began < .seconds(Task.isCancelled ? 5 : 30) else {
        throw .fault(DatabaseFault(state: "53300", "all connections of this process are in use"))
      }
      usleep(1_000)
    }
    defer { lent.withLock { $0 -= 1 } }
    do {
      let connection = try idle.withLock { $0.popLast() } ?? DatabaseConnection.open(target)
      defer { if connection.isOpen { idle.withLock { $0.append(connection) } } }
      do throws(DatabaseFault) {
        return try body(connection)
      } catch {
        // Whatever else is idle was cut with it, and a read-only server may have been replaced.
        if error.isLost || error.state == "25006" {
          connection.close()
          idle.withLock { $0.removeAll() }
        }
        throw DatabaseTrouble.fault(error)
      }
    } catch let trouble as DatabaseTrouble {
      throw trouble
    } catch let failure as Failure {
      throw .failure(failure)
    } catch {
      throw .fault(DatabaseFault("\(error)"))
    }
  }

  /// False while as many are lent as may be: several processes share what the server allows.
  private func lend() -> Bool {
    lent.withLock { count in
      guard count < Self.most else { return false }
      count += 1
      return true
    }
  }

  /// One statement on a connection that was lent.
  func run(
    _ statement: DatabaseStatement, _ values: [DatabaseValue] = [], on connection: DatabaseConnection
  ) throws(DatabaseFault) -> DatabaseRows {
    let fault = faults?.next(statement.name)
    if fault == .cutBefore || fault == .deathBefore { try cut(connection, fault) }
    let rows = try connection.run(statement.text, values, within: target.deadline ?? .seconds(30))
    if fault != nil { try cut(connection, fault) }
    return rows
  }

  private func cut(_ connection: DatabaseConnection, _ fault: DatabaseFaults.Fault?) throws(DatabaseFault) {
    connection.close()
    let isDead = fault == .deathBefore || fault == .deathAfter
    throw DatabaseFault(isDead ? "the process has died" : "the connection was cut", isLost: !isDead)
  }

  /// Closes the connections that nobody uses.
  package func closeIdle() { idle.withLock { $0.removeAll() } }
}

/// A statement and its name.
package struct DatabaseStatement: Sendable {
  package let name: String
  package let text: String

  package init(_ name: String, _ text: String) {
    self.name = name
    self.text = text
  }
}

/// Why a statement was not run, or not to its end.
package enum DatabaseTrouble: Error, Sendable {
  case fault(DatabaseFault)
  /// Of the connection: it is a sentence for people already.
  case failure(Failure)

  /// - Parameters:
  ///   - doing: such as `Writing the journal`.
  ///   - target: which database.
  package func failure(_ doing: String, _ target: DatabaseTarget) -> Failure {
    switch self {
    case .fault(let fault): fault.failure(doing, target)
    case .failure(let failure): failure
    }
  }

  /// True if the same may succeed a little later.
  package var mayPass: Bool {
    switch self {
    case .fault(let fault): fault.mayPass
    case .failure(let failure): failure.code == .databaseUnavailable
    }
  }
}

/// Where tests let a connection break.
package struct DatabaseFaults: Sendable {
  package enum Fault: Sendable {
    /// The statement never reaches the server.
    case cutBefore
    /// The server runs the statement, and its answer is lost.
    case cutAfter
    /// The process dies before or after the statement.
    case deathBefore, deathAfter
  }

  /// Asked with the name of each statement.
  package var next: @Sendable (String) -> Fault?

  package init(next: @escaping @Sendable (String) -> Fault?) { self.next = next }
}
