// One trial of a fleet, by seed: processes die, stand still and come back, the database stops, connections are cut.

internal import Glibc
internal import IntakeCore
internal import IntakeTesting
internal import Simulator
internal import Testing

/// What came of one or more trials.
struct FleetFigure: CustomStringConvertible {
  var seeds = 0
  var lost = 0
  /// At the receiver that recognises ids.
  var doubled = 0
  /// Events that the other receiver got again.
  var repeated = 0
  var disturbances = 0
  var takeovers = 0
  /// From the death of a process until each of its tenants has another one.
  var longestTakeover: Duration = .zero

  var description: String {
    "\(seeds) seeds: \(lost) lost, \(doubled) doubled, \(repeated) repeated, \(disturbances) disturbances, "
      + "\(takeovers) tenants taken over, the slowest after \(longestTakeover.text)"
  }
}

struct FleetTrial: ~Copyable {
  let world: FleetWorld
  private var random: SeededRandom
  private var processes: [TestProcess] = []
  private var figure = FleetFigure()

  enum Disturbance: CaseIterable {
    case kill, pause, immediateStop, cut, freeze
  }

  init(seed: UInt64, tenants: Int, messages: Int, span: Duration, lease: Int, every: String = "1s", rate: Int = 1)
    throws
  {
    world = try FleetWorld(
      seed: seed, tenants: tenants, messages: messages, span: span, lease: lease, every: every, rate: rate)
    random = SeededRandom(seed: seed)
    figure.seeds = 1
  }

  /// Three processes, so many disturbances, and then what has arrived.
  mutating func run(_ disturbances: [Disturbance]) async throws -> FleetFigure {
    processes = try (0..<3).map { _ in try world.member() }
    try await waitUntilEven("at the start")
    for disturbance in disturbances {
      usleep(useconds_t(random.below(1_500_000)))
      figure.disturbances += 1
      try await disturb(disturbance)
    }
    try await waitUntilEven("after the disturbances")
    var incomplete = Array(world.simulators.indices)
    let isComplete = await Waiting.whileSleeping(.milliseconds(200)) {
      incomplete = world.incomplete(incomplete)
      return incomplete.isEmpty
    }
    try #require(isComplete, "\(incomplete): \(errors)")
    for process in processes { process.signal(SIGTERM) }
    for process in processes { #expect(process.wait() == 0, "\(process.errorsSoFar)") }
    #expect(try world.holders().isEmpty, "processes that were stopped still hold leases")
    try judge()
    return figure
  }

  private var errors: String { processes.map(\.errorsSoFar).joined(separator: "\n") }

  private func waitUntilEven(_ when: String) async throws {
    let isEven = try await Waiting.whileSleeping(.milliseconds(200)) { try world.isEven(processes) }
    try #require(isEven, "\(when): \((try? world.counts(processes)) ?? []): \(errors)")
  }

  private mutating func disturb(_ disturbance: Disturbance) async throws {
    let victim = random.below(processes.count)
    switch disturbance {
    case .kill:
      try await takenOver(victim) { $0.stop(SIGKILL) }
      processes[victim] = try world.member()
    case .pause:
      try await takenOver(victim) { $0.signal(SIGSTOP) }
      processes[victim].signal(SIGCONT)
    case .immediateStop:
      world.database.stop(.immediate)
      usleep(useconds_t(random.below(1_000_000)))
      try world.database.start()
    case .cut: try world.database.cutConnections()
    case .freeze:
      world.database.freeze()
      usleep(useconds_t(random.below(1_000_000)))
      world.database.thaw()
    }
  }

  /// Does that to a process, and waits until others have all its tenants.
  private mutating func takenOver(_ victim: Int, _ body: (TestProcess) -> Void) async throws {
    let process = processes[victim]
    let tenants = try world.holders().filter { $0.value == process.id }.keys
    body(process)
    let start = ContinuousClock.now
    let isTaken = try await Waiting.whileSleeping(.milliseconds(100)) {
      let holders = try world.holders()
      return tenants.allSatisfy { holders[$0].map { $0 != process.id } ?? false }
    }
    try #require(isTaken, "\(errors)")
    figure.takeovers += tenants.count
    figure.longestTakeover = max(figure.longestTakeover, ContinuousClock.now - start)
  }

  private mutating func judge() throws {
    for (number, verdict) in world.verdicts(.elastic).enumerated() {
      figure.lost += verdict.lost
      figure.doubled += verdict.doubled
      #expect(verdict.isPerfect, "t\(number) at elastic: \(verdict)")
    }
    let most = FleetWorld.pageSize * figure.disturbances
    for (number, verdict) in world.verdicts(.splunk).enumerated() {
      figure.lost += verdict.lost
      figure.repeated += verdict.doubled
      #expect(
        verdict.lost + verdict.unknown + verdict.invalid == 0 && verdict.doubled <= most, "t\(number): \(verdict)")
    }
    let counts = world.simulators.map { $0.receipt(.splunk).count }
    for playbook in world.playbooks.prefix(2) {
      let result = try world.program(["collect", playbook]).capture()
      #expect(result.status == 0, "\(result.errors)")
    }
    #expect(world.simulators.map { $0.receipt(.splunk).count } == counts, "a pass after the end found more")
  }
}
