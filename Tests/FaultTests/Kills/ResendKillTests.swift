// The real program killed at every file call while it sends refused events again.

internal import Checkpoint
internal import Glibc
internal import IntakeCore
internal import IntakeTesting
internal import Simulator
import Testing

@Suite struct ResendKillTests {
  @Test("killed before every file call of a resending: nothing vanishes, and only one sink's batch is offered again")
  func everyCall() throws {
    var figure = Figure()
    let step = FaultTable.isLong ? 1 : 7
    for point in stride(from: 1, to: 2_000, by: step) {
      // One event in five of each sink's first requests is refused for good.
      let refusing = FaultRule(.items(400, every: 5), on: "/_bulk", .requests(1...6))
      let bench = try FaultFixture(faults: FaultPlan([refusing]))
      defer { bench.stop() }
      var world = try FaultWorld(bench)
      let sinks = ["mail", "copy"].map { "elastic+http://127.0.0.1:\(bench.server.port)/\($0)?connections=1" }
      world.sink = sinks[0]
      world.extra = ["--sink", sinks[1]]
      #expect(try run(world, ["collect"], nil) == 65, "\(world.errors())")
      let refused = try letters(world)
      let most = Dictionary(grouping: refused, by: \.sink).values.map(\.count).max() ?? 0
      #expect(refused.count > most && most > 5)
      let before = bench.server.receipt(.elastic)
      let status = try run(world, ["state", "rejected", "--resend"], Shim(mode: .killBefore, at: point))
      let left = try letters(world)
      let taken = bench.server.receipt(.elastic).count - before.count
      let what = "at call \(point): \(status), \(refused.count) refused, \(taken) taken, \(left.count) left"
      #expect(left.count >= refused.count - taken && left.count - (refused.count - taken) <= most, "\(what)")
      let again = try run(world, ["state", "rejected", "--resend"], nil)
      let after = bench.server.receipt(.elastic)
      #expect(again == 0 && after.count - before.count == refused.count, "\(what): \(world.errors())")
      #expect(after.conflicts - before.conflicts <= most, "\(what)")
      #expect(try letters(world).isEmpty && world.folder.bytes("state/rejected.ndjson").isEmpty, "\(what)")
      var verdict = bench.truth.judge(after.events)
      // Each of the two indices has every event.
      #expect(verdict.lost == 0 && verdict.doubled == bench.rows, "\(what): \(verdict)")
      verdict.doubled = 0
      figure.add(verdict, exit: status)
      guard status == 137 else { break }
    }
    FaultTable.record("kill -9 before every file call of state rejected --resend", figure)
    #expect(figure.cases > 3 && figure.isPerfect, "\(figure)")
  }

  private func run(_ world: FaultWorld, _ command: [String], _ shim: Shim?) throws -> Int32 {
    var program = world.launch(shim)
    program.words.replaceSubrange(1...1, with: command)
    program.environment?["MESSAGE_TRACE_ELASTIC_API_KEY"] = world.bench.server.settings.elasticAPIKey
    return try program.run()
  }

  private func letters(_ world: FaultWorld) throws -> [DeadLetter] {
    var letters: [DeadLetter] = []
    try RejectedFile(world.folder("state")).eachLine { letters.append($0.letter) }
    return letters
  }
}
