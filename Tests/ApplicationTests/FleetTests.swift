// A member of a fleet, and what it does with a tenant that it cannot collect.

internal import Checkpoint
internal import IntakeCore
internal import IntakeTesting
internal import Testing
internal import Trigger

@testable internal import message_trace

@Suite("Fleet", .ownThreads, .enabled(if: PostgresServer.isWanted, "PostgreSQL is not installed"))
struct FleetMemberTests {
  /// A member, and another one that collects the same tenant.
  private final class World: Sendable {
    let target: DatabaseTarget
    let database: Database
    let fleet: Fleet
    let heartbeat = Heartbeat()
    let state: StateDatabase
    let lines = Locked<[String]>([])

    init(longestSilence: Duration) throws {
      let server = try PostgresServer()
      self.server = server
      target = try DatabaseTarget(parsing: try server.makeDatabase("fleet") + "?lease=1h")
      database = Database(target)
      _ = try DatabaseSchema(database).create()
      let lines = lines
      let log = Log(write: { line in lines.update { $0.append(String(decoding: line, as: UTF8.self)) } })
      fleet = Fleet(target, name: "a", longestSilence: longestSilence, log: log)
      fleet.assignments.register("contoso")
      fleet.assignments.assign(["contoso"])
      let start = ContinuousClock.now
      state = try StateDatabase.open(database, tenant: "contoso", holder: "a", log: .silent)
      fleet.hold(state.lease, since: start, heartbeat)
    }

    let server: PostgresServer

    var lease: LeaseTable.Lease? { try? LeaseTable(database).leases().first }
  }

  @Test("a pass without a sign of life loses its tenant: it is stopped, and others are free to take it")
  func silent() throws {
    let world = try World(longestSilence: .zero)
    let isStopped = Locked(false)
    #expect(world.fleet.assignments.begin("contoso") { isStopped.update { $0 = true } })
    world.fleet.beat()
    #expect(isStopped.value && world.lease?.holder == nil)
    #expect(world.lines.value.contains { $0.contains("fleet.silent") }, "\(world.lines.value)")
    // Its pass hangs still: this member does not take it again.
    world.fleet.beat()
    #expect(!world.fleet.assignments.isAssigned("contoso"))
    #expect(!world.fleet.assignments.end("contoso"))
    world.fleet.note(.stopped, of: "contoso")
    world.fleet.beat()
    #expect(world.fleet.assignments.isAssigned("contoso"), "nobody else has taken it, and the pass has ended")
  }

  @Test("while the pass of a tenant that was lost hangs, the others do not wait for this member to take it again")
  func lostAndHanging() throws {
    let world = try World(longestSilence: .seconds(600))
    let other = MemberTable(Database(world.target), name: "b")
    world.fleet.assignments.register("fabrikam")
    let held = try StateDatabase.open(world.database, tenant: "fabrikam", holder: "b", log: .silent)
    #expect(world.fleet.assignments.begin("contoso") {})
    // As when a process stood still: another one had the tenant meanwhile.
    _ = try world.server.query(
      "UPDATE message_trace.tenants SET holder = NULL, token = NULL WHERE tenant = 'contoso'", in: "fleet")
    for _ in 0..<2 { world.fleet.beat() }
    _ = try other.beat([held.lease], tenants: Fleet.digest(["contoso", "fabrikam"]))
    let view = try other.view()
    #expect(!view.members.contains("a") && view.others.contains("a"), "\(view)")
    let plan = Spreading(
      of: "b", among: view.members, tenants: ["contoso", "fabrikam"], holders: view.holders)
    #expect(plan.toTake == ["contoso"])
    held.close()
  }

  @Test("a pass that gives signs of life keeps its tenant, and so does a tenant between two passes")
  func alive() throws {
    let world = try World(longestSilence: .zero)
    #expect(world.fleet.assignments.begin("contoso") {})
    for _ in 0..<3 {
      world.heartbeat.beat(TimeSource.system.now())
      world.fleet.beat()
      #expect(world.fleet.holds(world.state.lease) && world.lease?.holder == "a")
    }
    #expect(world.fleet.assignments.end("contoso"))
    for _ in 0..<3 { world.fleet.beat() }
    #expect(world.fleet.holds(world.state.lease) && world.lease?.holder == "a")
  }

  @Test("a tenant whose passes fail for a reason of the machine goes to another member; without one it stays")
  func failing() throws {
    let world = try World(longestSilence: .seconds(600))
    let unresolved = Failure("source.unreachable", exit: .tryLater, "The name cannot be resolved.")
    for _ in 0..<3 { world.fleet.note(unresolved, of: "contoso") }
    world.fleet.beat()
    #expect(world.fleet.holds(world.state.lease) && world.lease?.holder == "a", "there is nobody else")
    let other = MemberTable(Database(world.target), name: "b")
    _ = try other.beat([], tenants: "other tenants")
    world.fleet.beat()
    #expect(!world.fleet.holds(world.state.lease) && world.lease?.holder == nil)
    #expect(world.lines.value.contains { $0.contains("fleet.refused") }, "\(world.lines.value)")
    world.fleet.beat()
    #expect(!world.fleet.assignments.isAssigned("contoso"))
  }

  @Test("another length of the leases is said once")
  func length() throws {
    let world = try World(longestSilence: .seconds(600))
    var target = world.target
    target.lease = .seconds(5)
    _ = try MemberTable(Database(target), name: "b").beat([], tenants: "x")
    for _ in 0..<2 { world.fleet.beat() }
    #expect(world.lines.value.count { $0.contains("fleet.lease_differs") && $0.contains("process=b") } == 1)
  }
}
