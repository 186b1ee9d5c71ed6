// Processes that share the tenants of a database: who lives, whose leases run, and what is lost.

internal import IntakeCore
internal import IntakeTesting
import Testing

@testable internal import Checkpoint

@Suite(.ownThreads, .enabled(if: PostgresServer.isWanted, "PostgreSQL is not installed"))
struct MemberTableTests {
  private let fixture: DatabaseFixture

  init() throws { fixture = try DatabaseFixture() }

  private func member(_ name: String) throws -> (MemberTable, Database) {
    let database = try fixture.database()
    return (MemberTable(database, name: name), database)
  }

  private func hold(_ tenant: String, _ database: Database, _ holder: String) throws -> TenantLease {
    try StateDatabase.open(database, tenant: tenant, holder: holder, log: .silent).lease
  }

  @Test("members see each other and the leases that run; those with other tenants, and those long unseen, do not count")
  func view() throws {
    let (a, one) = try member("a")
    let (b, two) = try member("b")
    let (c, _) = try member("c")
    let lease = try hold("contoso", one, "a")
    _ = try hold("fabrikam", two, "b")
    #expect(try a.beat([lease], tenants: "x") == ["contoso"])
    #expect(try b.beat([], tenants: "x").isEmpty && c.beat([], tenants: "y").isEmpty)
    var view = try a.view()
    #expect(view.members == ["a", "b"] && view.holders == ["contoso": "a", "fabrikam": "b"])
    _ = try fixture.query("UPDATE message_trace.members SET seen = seen - interval '31 seconds' WHERE name = 'b'")
    _ = try fixture.query("UPDATE message_trace.tenants SET expires = now() - interval '1 second' WHERE holder = 'b'")
    view = try a.view()
    #expect(view.members == ["a"] && view.holders == ["contoso": "a"])
    try a.leave()
    #expect(try c.view().members == ["c"])
  }

  @Test("each member is judged by the length of its own leases; one that says none, by that of who looks")
  func lengths() throws {
    let short = MemberTable(try fixture.database("?lease=5s"), name: "short")
    let long = MemberTable(try fixture.database("?lease=10m"), name: "long")
    for member in [short, long] { _ = try member.beat([], tenants: "x") }
    _ = try fixture.query("INSERT INTO message_trace.members VALUES ('old', now(), 'x')")
    _ = try fixture.query("UPDATE message_trace.members SET seen = seen - interval '100 seconds' WHERE name <> 'short'")
    #expect(try short.view().members == ["short", "long"], "a member that lives was missed")
    #expect(try short.view().differing == ["long"] && long.view().differing == ["short"])
    #expect(try long.view().members == ["short", "long", "old"])
    _ = try fixture.query("UPDATE message_trace.members SET seen = seen - interval '6 seconds' WHERE name = 'short'")
    #expect(try long.view().members == ["long", "old"], "a member that has gone was counted")
  }

  @Test("a beat extends the leases that are held still, and names no other: taken over, or released")
  func renewal() throws {
    let (a, one) = try member("a")
    let (_, two) = try member("b")
    let leases = try ["t1", "t2", "t3"].map { try hold($0, one, "a") }
    _ = try fixture.query("UPDATE message_trace.tenants SET expires = now() - interval '1 second'")
    let taken = try hold("t2", two, "b")
    leases[2].release()
    _ = try hold("t3", two, "b")
    // t1 has expired as well, and nobody has taken it: it is held on.
    #expect(try a.beat(leases, tenants: "x") == ["t1"])
    try a.release(leases)
    #expect(try a.view().holders == ["t2": "b", "t3": "b"], "what another process holds was released")
    #expect(throws: Never.self) { try taken.renew() }
    #expect { try leases[1].renew() } throws: { ($0 as? Failure)?.code == .stateFenced }
  }

  @Test("the leases of members that stood still are free after three beats, by the database's clock")
  func interval() throws {
    let target = try DatabaseTarget(parsing: fixture.uri + "?lease=30s")
    #expect(MemberTable(Database(target), name: "a").interval == .seconds(10))
  }
}
