// A first pass that fails, and a clock that goes back: between two runs the time has moved, and nothing may be left out.

internal import IntakeCore
internal import IntakeTesting
internal import Simulator
import Testing

@Suite struct FirstPassTests {
  @Test("a first pass that fails and is retried hours later still begins where it first began")
  func slides() throws {
    let down = FaultRule(.status(410), on: "/v1.0/admin", .requests(2...100_000))
    let (ill, well) = (try FaultFixture(pages: 8, faults: FaultPlan([down])), try FaultFixture(pages: 8))
    defer {
      ill.stop()
      well.stop()
    }
    var world = try FaultWorld(ill)
    // From its own time on 150 minutes back reach all mail; from the end of the mail they do not.
    world.extra = ["--since", "150m"]
    let first = world.collect(now: FaultFixture.now - .seconds(2 * 3_600))
    #expect(first != 0, "\(world.errors())")
    world.bench = well
    #expect(world.collect() == 0, "\(world.errors())")
    var figure = Figure()
    figure.add(world.verdict(), exit: first)
    FaultTable.record("a first pass that fails and is retried two hours later", figure)
    #expect(figure.isPerfect, "\(figure)")
  }

  @Test("a clock three days back reads nothing, says so and fails; once it is right the rest comes")
  func behind() throws {
    let bench = try FaultFixture()
    defer { bench.stop() }
    let world = try FaultWorld(bench)
    #expect(world.collect(now: FaultFixture.now - .seconds(7_200)) == 0, "\(world.errors())")
    let status = world.collect(now: FaultFixture.now - .seconds(3 * 86_400))
    let said = world.errors()
    #expect(status == 75 && said.contains("clock.behind"), "\(status) \(said)")
    #expect(world.collect() == 0 && world.verdict().isPerfect, "\(world.verdict()) \(world.errors())")
  }
}
