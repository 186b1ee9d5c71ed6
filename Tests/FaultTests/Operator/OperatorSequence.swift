// A random sequence of what operators do, from a seed.

internal import Glibc
internal import IntakeCore
internal import IntakeTesting
internal import Simulator

/// One sequence: a dozen actions, then passes until every row has been seen at its last age.
struct OperatorSequence {
  let seed: Int
  private var random: SeededRandom
  private let world: OperatorWorld
  /// The service sends no `Date` header.
  private let isUndated: Bool
  /// What was done, for the report.
  private(set) var story: [String] = []

  private static let revisits = [
    ["15m", "1h", "6h", "24h"], ["15m", "1h", "6h", "48h"], ["1h", "1470m"], ["30m", "24h"], ["24h"],
    ["15m", "1h", "6h", "24h", "36h"],
  ]

  init(seed: Int) throws {
    self.seed = seed
    var random = SeededRandom(seed: UInt64(seed))
    let faults: [[FaultRule]] = [
      [], [], [], [FaultRule(.noDate)], [FaultRule(.expiredLink(410))], [FaultRule(.noLink)],
      [FaultRule(.duplicateRow)], [FaultRule(.emptyPage, .every(3))],
    ]
    let plan = random.below(faults.count)
    isUndated = plan == 3
    world = try OperatorWorld(seed: UInt64(seed), faults: faults[plan])
    self.random = random
    story.append("faults \(faults[plan].map { "\($0.fault)" })")
  }

  /// Runs the sequence; the verdicts of both sinks, added.
  mutating func run() throws -> DeliveryOracle.Verdict {
    for _ in 0..<12 {
      try act()
      world.clock.advance(by: .seconds(300 + random.below(7_200)))
    }
    try settle()
    var verdict = try world.verdict()
    let second = try world.secondVerdict()
    verdict.doubled += second.doubled
    verdict.invalid += second.invalid
    verdict.unknown += second.unknown
    return verdict
  }

  /// By then the last revisit of every row, even at 48 hours and its step, is over.
  private mutating func settle() throws {
    world.clock.move(to: max(world.clock.now, world.server.settings.tenant.settledAt))
    for hours in [0, 30, 30, 30] {
      world.clock.advance(by: .seconds(hours * 3_600))
      let status = try world.run("collect")
      note("settling: \(status), \(world.checkpoint)")
    }
  }

  private mutating func act() throws {
    switch random.below(14) {
    case 0...2: note("pass: \(try world.run("collect"))")
    case 3, 4: try killed()
    case 5: try clockOff()
    case 6: try setRevisits()
    case 7: try set("mode") { $0.mode = $0.mode == "graph" ? "reporting" : "graph" }
    case 8:
      let size = random.pick([25, 33, 50, 5_000])
      try set("page size \(size)") { $0.pageSize = size }
    case 9, 10: try set("second sink") { $0.hasSecondSink.toggle() }
    case 11: try backfill()
    case 12:
      try world.rotate()
      note("rotated")
    default: try daemon()
    }
  }

  private mutating func set(_ what: String, _ edit: (inout OperatorSettings) -> Void) throws {
    try world.change(edit)
    note("\(what): \(try world.run("collect"))")
  }

  private mutating func setRevisits() throws {
    let revisits = random.pick(Self.revisits)
    try set("revisits \(revisits.joined(separator: ","))") { $0.revisits = revisits }
  }

  private mutating func killed() throws {
    let program = try world.launch("collect").start()
    usleep(UInt32(random.below(120_000)))
    note("pass killed: \(program.stop(SIGKILL))")
  }

  /// The very first pass of a service without dates has nothing but its own clock to begin by: that one is not ahead.
  private mutating func clockOff() throws {
    var error = random.pick([3, -3, 1, -1]) * 24
    if isUndated, world.checkpoint.isEmpty { error = -abs(error) }
    note("clock off by \(error) h: \(try world.run("collect", clockError: .seconds(error * 3_600)))")
  }

  private mutating func backfill() throws {
    let from = OperatorWorld.start - .seconds(7_200 + random.below(7_200))
    let to = OperatorWorld.start + .seconds(random.below(20_000) - 3_000)
    let span = [
      "--from", Timestamp.text(from), "--to", Timestamp.text(to), "--order", random.pick(["newest", "oldest"]),
    ]
    note("backfill: \(try world.run("backfill", span))")
  }

  private mutating func daemon() throws {
    let program = try world.launch("run").start()
    let passes = world.passes
    wait(for: program) { world.passes > passes }
    if random.chance(50) {
      try setWithoutPass()
      program.signal(SIGHUP)
      let reloaded = world.passes
      wait(for: program) { world.passes > reloaded }
    }
    note("daemon: \(program.stop(random.pick([SIGTERM, SIGKILL])))")
  }

  private mutating func setWithoutPass() throws {
    let revisits = random.pick(Self.revisits)
    let mode = random.pick(["graph", "reporting"])
    try world.change {
      $0.revisits = revisits
      $0.mode = mode
    }
    note("reloaded with \(mode), \(revisits.joined(separator: ","))")
  }

  /// Up to a minute; a daemon that ends by itself ends the wait.
  private func wait(for program: TestProcess, until condition: () -> Bool) {
    for _ in 0..<3_000 where !condition() && program.ended() == nil { usleep(20_000) }
  }

  private mutating func note(_ what: String) {
    let errors = world.errors().split(separator: "\n").prefix(2).joined(separator: " | ")
    story.append("\(Timestamp.text(world.clock.now)) \(what)\(errors.isEmpty ? "" : " (\(errors))")")
  }
}
