// A database of a test's own, on a server that all tests which run at the same time share.

internal import IntakeCore
internal import IntakeTesting
internal import Synchronization

@testable import Checkpoint

final class DatabaseFixture: Sendable {
  /// Stopped when the last test that uses it is over.
  private final class Current: Sendable {
    private struct State {
      weak var server: PostgresServer?
      var count = 0
    }

    private let state = Mutex(State())

    func next() throws -> (PostgresServer, Int) {
      try state.withLock { state in
        let server = try state.server ?? PostgresServer()
        state.server = server
        state.count += 1
        return (server, state.count)
      }
    }
  }

  private static let current = Current()

  let server: PostgresServer
  let uri: String

  init() throws {
    let (server, number) = try Self.current.next()
    self.server = server
    uri = try server.makeDatabase("test\(number)")
    _ = try DatabaseSchema(database()).create()
  }

  var name: String { uri.split(separator: "/").last.map(String.init) ?? "" }

  /// A pool of its own, as another process has one.
  func database(_ options: String = "", faults: DatabaseFaults? = nil) throws -> Database {
    Database(try DatabaseTarget(parsing: uri + options), faults: faults)
  }

  func query(_ sql: String) throws -> String { try server.query(sql, in: name) }
}
