// The name of a database's tables: the same for all who use them, however they spell the database's place.

package import IntakeCore
internal import Synchronization

/// A random name, made when it is first asked for.
package enum Installation {
  private static let known = Mutex<[String: String]>([:])

  /// - Throws: what the database says.
  package static func name(of database: Database) throws(Failure) -> String {
    let place = database.target.identity
    if let name = known.withLock({ $0[place] }) { return name }
    do throws(DatabaseTrouble) {
      for _ in 0..<3 {
        let row = try database.runAgain(naming, [.bytes(Array(RandomUUID.make().utf8))]).first
        // None where another process has just made it.
        guard let name = row?.text(0) else { continue }
        known.withLock { $0[place] = name }
        return name
      }
      throw .fault(DatabaseFault(state: "40001", "other processes change it all the time"))
    } catch {
      throw error.failure("Reading the name of the tables", database.target)
    }
  }

  /// $1 a new name. It belongs to no tenant.
  private static let naming = DatabaseStatement(
    "installation",
    """
    WITH new AS (
      INSERT INTO message_trace.documents (tenant, name, revision, content) VALUES ('', 'installation', 1, $1)
      ON CONFLICT (tenant, name) DO NOTHING RETURNING content)
    SELECT content FROM new UNION ALL
    SELECT content FROM message_trace.documents WHERE tenant = '' AND name = 'installation'
    """)
}
