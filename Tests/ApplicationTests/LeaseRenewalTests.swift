// The lease outside of `run`: it lasts as long as the work, whatever a sink takes, and no longer.

internal import Checkpoint
internal import IntakeCore
internal import IntakeTesting
internal import Testing

@testable internal import message_trace

@Suite(.ownThreads, .enabled(if: PostgresServer.isWanted, "PostgreSQL is not installed"))
struct LeaseRenewalTests {
  @Test("a lease is renewed without a step of the work, until the work ends")
  func renewed() throws {
    let server = try PostgresServer()
    let target = try DatabaseTarget(parsing: try server.makeDatabase("renewal") + "?lease=2s")
    let database = Database(target)
    _ = try DatabaseSchema(database).create()
    let state = try StateDatabase.open(database, tenant: "contoso", log: .silent)
    func lease() -> LeaseTable.Lease? { try? LeaseTable(database).leases().first }
    let first = try #require(lease())
    let renewal = LeaseRenewal(state.lease, log: .silent)
    // Later than the whole lease: without renewals it would have expired.
    #expect(Waiting.until { (lease()?.expires ?? first.expires) > first.expires + .seconds(3) })
    #expect(lease()?.epoch == first.epoch && lease()?.hasExpired == false)
    renewal.stop()
    #expect(Waiting.until { lease()?.hasExpired == true })
  }
}
