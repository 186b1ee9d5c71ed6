// One tenant in a database, as operators meet it: two machines' cron, a backfill beside a daemon, status, and what is refused.

internal import Glibc
internal import IntakeCore
internal import IntakeTesting
internal import Simulator
import Testing

@Suite(.ownThreads, .enabled(if: PostgresServer.isWanted, "PostgreSQL is not installed"))
struct SharedDatabaseTests {
  @Test("sinks of one machine are refused with a hint, also by validate", arguments: ["stdout", "file:/tmp/x.ndjson"])
  func refused(_ sink: String) throws {
    let world = try SharedWorld()
    let playbook = try world.playbook(sink)
    for command in [["collect"], ["run"], ["playbook", "validate"], ["check"]] {
      let result = world.run(command + [playbook])
      #expect(result.status == 78 && result.errors.contains("\(sink) belongs to one machine"), "\(result.errors)")
    }
    #expect(world.run(["collect", playbook]).errors.contains("message-trace help fleet"))
  }

  @Test("the cron of a second machine ends with 75 while the first one collects, names it, and doubles nothing")
  func cron() throws {
    let slow = FaultRule(.latency(.seconds(3)), on: "/v1.0/", .requests(2...2))
    let world = try SharedWorld(faults: [slow])
    let playbook = try world.playbook()
    let first = world.start(["collect", playbook])
    eventually { world.fixture.pagesAsked >= 2 }
    let second = world.run(["collect", playbook])
    #expect(second.status == 75 && second.errors.contains("state.leased"), "\(second.errors)")
    #expect(second.errors.contains("process \(first.id)"), "\(second.errors)")
    #expect(first.wait() == 0, "\(first.errorsSoFar)")
    #expect(world.run(["collect", playbook]).status == 0)
    world.expectWhole()
  }

  @Test("a backfill gets its turns beside a daemon that keeps the tenant; status shows who holds it")
  func backfill() throws {
    let world = try SharedWorld()
    let playbook = try world.playbook()
    let daemon = world.start(["run", playbook])
    eventually { world.fixture.server.receipt(.elastic).count == world.fixture.settings.tenant.rowCount }
    let status = world.run(["status", "--state", world.state])
    #expect(status.lines.contains { $0.contains("held by") } && status.lines.last?.contains("1 tenant, 1 held") == true)
    #expect(status.lines.contains { $0.contains("process \(daemon.id)") && $0.contains("s left") }, "\(status.lines)")
    let backfill = world.run(["backfill", playbook, "--from", "-30h", "--to", "-20h"])
    #expect(backfill.status == 0, "\(backfill.errors)")
    daemon.signal(SIGTERM)
    #expect(daemon.wait() == 0, "\(daemon.errorsSoFar)")
    let free = world.run(["status", "--state", world.state, "--format", "json"])
    #expect(free.status == 0 && free.lines.count == 1, "\(free.errors)")
    #expect(world.run(["status", "--state", world.state]).lines.contains { $0.contains(" free ") })
    world.expectWhole()
  }
}
