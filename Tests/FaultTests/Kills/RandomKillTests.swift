// kill -9 at random moments while a reader follows the file; kills while an earlier kill is being recovered from.

internal import Glibc
internal import IntakeCore
internal import IntakeTesting
internal import Simulator
import Testing

@Suite(.ownThreads) struct RandomKillTests {
  @Test("killed at random moments, again and again: each line once, and a reader never sees the file shrink")
  func seeds() throws {
    let slow = FaultPlan([FaultRule(.latency(.milliseconds(4)))])
    let bench = try FaultFixture(mode: "reporting", pages: 10, faults: slow)
    defer { bench.stop() }
    var span = try duration(bench)
    var figure = Figure()
    var kills = 0
    for seed in 1...(FaultTable.isLong ? 500 : 40) {
      let world = try FaultWorld(bench)
      var random = SeededRandom(seed: UInt64(seed))
      var tail = Tail(world.output)
      var status: Int32?
      for _ in 0..<12 where status != 0 {
        let child = try world.launch().start()
        status = tail.watch(child, microseconds: random.below(span))
        guard status == nil else {
          // It finished before its moment came: the machine is quicker now than when it was measured.
          span -= span / 8
          continue
        }
        tail.look()
        status = child.stop(SIGKILL)
        kills += status == 137 ? 1 : 0
        span += span / 16
      }
      if status != 0 { status = world.collect() }
      tail.look()
      let verdict = world.verdict()
      #expect(status == 0 && verdict.isPerfect, "seed \(seed): \(world.errors()) \(verdict)")
      #expect(tail.shrinks == 0 && tail.seen == world.bytes(), "seed \(seed): the reader saw something else")
      figure.add(verdict, exit: 137)
    }
    FaultTable.record("kill -9 at random moments, by seed, with a tailing reader", figure)
    #expect(figure.isPerfect && kills >= figure.cases, "\(kills) kills")
  }

  /// Microseconds that a run takes which nobody kills.
  private func duration(_ bench: FaultFixture) throws -> Int {
    let world = try FaultWorld(bench)
    let start = TimeSource.system.now()
    #expect(world.collect() == 0)
    return Int((TimeSource.system.now() - start).ticks / 10)
  }

  /// Where the first process dies: in the middle of the second batch's life.
  static let firstKills: [(name: String, shim: Shim)] = [
    ("half of the output written", Shim(mode: .halfThenKill, at: 2, calls: ["write"], path: "/out.ndjson")),
    ("output synced, ledger half written", Shim(mode: .halfThenKill, at: 2, calls: ["write"], path: "/seen/")),
    ("checkpoint written, not renamed", Shim(mode: .killBefore, at: 4, calls: ["rename"], path: "/checkpoint.json")),
    ("checkpoint renamed, journal left", Shim(mode: .killBefore, at: 7, calls: ["write"], path: "/journal/")),
  ]

  @Test("killed while recovering from a kill, at every call: nothing lost, nothing doubled")
  func recovery() throws {
    let bench = try FaultFixture()
    defer { bench.stop() }
    var figure = Figure()
    for (index, first) in Self.firstKills.enumerated() {
      for point in stride(from: 1 + index, to: 500, by: FaultTable.isLong ? 1 : 12) {
        let world = try FaultWorld(bench)
        #expect(world.collect(first.shim) == 137, "\(first.name)")
        var tail = Tail(world.output)
        tail.look()
        let status = world.collect(Shim(mode: .killBefore, at: point))
        tail.look()
        let last = status == 0 ? 0 : world.collect()
        tail.look()
        let verdict = world.verdict()
        #expect(last == 0 && verdict.isPerfect, "\(first.name), then call \(point): \(world.errors()) \(verdict)")
        #expect(tail.shrinks == 0 && tail.seen == world.bytes(), "\(first.name), then call \(point)")
        guard status != 0 else { break }
        figure.add(verdict, exit: status)
      }
    }
    FaultTable.record("kill -9 before file calls while recovering from a kill", figure)
    #expect(figure.isPerfect && figure.cases > 20, "\(figure)")
  }
}
