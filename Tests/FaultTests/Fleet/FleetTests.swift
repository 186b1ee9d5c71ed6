// A fleet of the built program on a real database.
//
//     MESSAGE_TRACE_FLEET="20 50" swift test --filter FleetTests     so many seeds, so many tenants; prints the figures
//     MESSAGE_TRACE_FLEET="20 50 101"                                the same from seed 101 on
//
// In the long form an hour of the services and members lasts 40 seconds, and a lease 3: a tenant must be taken over within
// the lease and 15 seconds.

internal import Glibc
internal import IntakeCore
internal import IntakeTesting
internal import Simulator
import Testing

@Suite(
  .ownThreads, .serialized, .enabled(if: PostgresServer.isWanted, "PostgreSQL is not installed")
)
struct FleetTests {
  private static let form = unsafe getenv("MESSAGE_TRACE_FLEET").map { unsafe String(cString: $0) } ?? ""

  @Test("processes die, stand still and come back, the database stops: nothing lost, nothing doubled, all taken over")
  func seeds() async throws {
    let numbers = Self.form.split(separator: " ").compactMap { Int($0) }
    guard let seeds = numbers.first else { return try await bounded() }
    let tenants = numbers.count > 1 ? numbers[1] : 50
    let first = numbers.count > 2 ? numbers[2] : 1
    var sum = FleetFigure()
    for seed in first..<(first + seeds) {
      var random = SeededRandom(seed: UInt64(seed))
      let disturbances = (0..<5).map { _ in random.pick(FleetTrial.Disturbance.allCases) }
      let start = ContinuousClock.now
      var trial = try FleetTrial(
        seed: UInt64(seed), tenants: tenants, messages: 150, span: .seconds(3_600), lease: 3, every: "2s", rate: 90)
      sum.add(try await trial.run(disturbances))
      print("seed \(seed), \((ContinuousClock.now - start).text): \(disturbances.map { "\($0)" }): \(sum)")
      // Whatever ends the run, what was found is there to be read.
      fflush(nil)
    }
    #expect(sum.lost + sum.doubled == 0 && sum.longestTakeover < .seconds(18), "\(sum)")
  }

  private func bounded() async throws {
    var trial = try FleetTrial(seed: 1, tenants: 5, messages: 250, span: .seconds(8), lease: 2)
    let figure = try await trial.run([.kill, .cut, .pause, .immediateStop])
    #expect(figure.lost + figure.doubled == 0 && figure.takeovers > 0, "\(figure)")
  }
}

extension FleetFigure {
  mutating func add(_ other: FleetFigure) {
    seeds += other.seeds
    lost += other.lost
    doubled += other.doubled
    repeated += other.repeated
    disturbances += other.disturbances
    takeovers += other.takeovers
    longestTakeover = max(longestTakeover, other.longestTakeover)
  }
}
