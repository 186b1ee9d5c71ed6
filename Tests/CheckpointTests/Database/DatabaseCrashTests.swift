// The connection is cut, or the process dies, before and after every single statement: nothing lost, nothing doubled.

internal import IntakeCore
internal import IntakeTesting
internal import Synchronization
internal import Testing

@testable import Checkpoint
@testable import Sinks

/// Counts statements and strikes at one of them.
final class DatabaseFaultPlan: Sendable {
  private struct State {
    var seen: [String] = []
    var isDead = false
    var struck = false
  }

  private let state = Mutex(State())
  private let target: Int
  private let fault: DatabaseFaults.Fault

  init(at target: Int, _ fault: DatabaseFaults.Fault) {
    self.target = target
    self.fault = fault
  }

  var struck: Bool { state.withLock { $0.struck } }
  var seen: [String] { state.withLock { $0.seen } }

  var faults: DatabaseFaults {
    DatabaseFaults { name in
      self.state.withLock { state in
        guard !state.isDead else { return .deathBefore }
        state.seen.append(name)
        guard state.seen.count == self.target else { return nil }
        state.struck = true
        state.isDead = self.fault == .deathBefore || self.fault == .deathAfter
        return self.fault
      }
    }
  }
}

/// One tenant with its state in a database and its output in a file, run as often as a test likes.
struct DatabaseWorld {
  let world: World
  let fixture: DatabaseFixture
  let tenant: String

  /// The lease of a process that has died is over at once.
  func run(_ faults: DatabaseFaults? = nil, lease: Duration = .zero) async throws {
    var target = try DatabaseTarget(parsing: fixture.uri)
    target.lease = lease
    let database = Database(target, faults: faults)
    defer { database.closeIdle() }
    let state = try StateDatabase.open(database, tenant: tenant, log: .silent)
    defer { state.close() }
    let sink = FileSink(path: world.output, log: .silent, files: .system)
    var pipeline = Pipeline(
      source: ShuffledSource(pages: world.pages, rows: world.rows, turn: Int.random(in: 0..<6)), mapping: LineMapping(),
      sinks: [sink], state: state, time: TimeSource(now: { World.time }))
    do throws(Failure) {
      try await pipeline.open()
      try await pipeline.drain()
      try pipeline.state.prune(before: World.time)
      for window in World.windows where pipeline.state.checkpoint.cursors["live"].map({ $0 < window.end }) ?? true {
        _ = try await pipeline.read(window, moving: "live", age: .zero)
      }
      try await pipeline.drain()
      if let failure = pipeline.sinkFailures.values.first { throw failure }
    } catch {
      await pipeline.close()
      throw error
    }
    await pipeline.close()
  }
}

@Suite(
  "Crashes and cut connections", .ownThreads, .enabled(if: PostgresServer.isWanted, "PostgreSQL is not installed"))
struct DatabaseCrashTests {
  @Test(
    "a cut or a death at any statement loses and doubles nothing",
    arguments: [DatabaseFaults.Fault.cutBefore, .cutAfter, .deathBefore, .deathAfter])
  func everyStatement(fault: DatabaseFaults.Fault) async throws {
    let fixture = try DatabaseFixture()
    var points = 0
    while true {
      let world = DatabaseWorld(world: try World(), fixture: fixture, tenant: "tenant\(points)")
      let plan = DatabaseFaultPlan(at: points + 1, fault)
      var failure: (any Error)?
      do { try await world.run(plan.faults) } catch { failure = error }
      guard plan.struck else { break }
      points += 1
      let what = "\(fault) at statement \(points), \(plan.seen.last ?? "")"
      // A cut alone is overcome where it happens; only a process that has died needs another one.
      if fault == .cutBefore || fault == .cutAfter {
        #expect(failure == nil, "\(what): \(failure.map { "\($0)" } ?? "")")
      } else {
        try await world.run()
      }
      #expect(try world.world.lines() == world.world.expected, "\(what)")
      #expect(
        try fixture.query("SELECT count(*) FROM message_trace.journal WHERE tenant = '\(world.tenant)'") == "0",
        "\(what)")
      let identities = try StateDatabase.summary(fixture.database(), tenant: world.tenant)?.identities ?? 0
      #expect(identities >= world.world.expected.count, "\(what)")
    }
    #expect(points > 12)
  }

  @Test("a second death while recovering from the first changes nothing")
  func duringRecovery() async throws {
    let fixture = try DatabaseFixture()
    for first in stride(from: 3, to: 16, by: 2) {
      for second in [1, 2, 3, 5] {
        let world = DatabaseWorld(world: try World(), fixture: fixture, tenant: "t\(first).\(second)")
        _ = try? await world.run(DatabaseFaultPlan(at: first, .deathAfter).faults)
        _ = try? await world.run(DatabaseFaultPlan(at: second, .deathAfter).faults)
        try await world.run()
        #expect(try world.world.lines() == world.world.expected, "after \(first) and \(second)")
      }
    }
  }

  @Test("an idle pass needs few statements, and a batch two")
  func statements() async throws {
    let fixture = try DatabaseFixture()
    let world = DatabaseWorld(world: try World(), fixture: fixture, tenant: "contoso")
    let busy = DatabaseFaultPlan(at: 0, .cutBefore)
    try await world.run(busy.faults)
    #expect(busy.seen.prefix(3) == ["take", "list", "commit"])
    #expect(busy.seen.filter { $0 == "journal" }.count == world.world.pages * World.windows.count)
    let idle = DatabaseFaultPlan(at: 0, .cutBefore)
    try await world.run(idle.faults)
    #expect(idle.seen == ["take", "list", "release"])
  }
}
