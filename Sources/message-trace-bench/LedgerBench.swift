// What the ledger costs as it grows: on disk, to open, for a pass over empty windows, and for an hour that is read again.

internal import Checkpoint
internal import Glibc
internal import IntakeCore

enum LedgerBench {
  /// Rows of the busiest hour: the rest lies in the 90 days before it, evenly.
  private static let hour = 100_000
  private static let end = Instant(seconds: 1_790_000_000)
  private static let batch = 250_000
  private static let sizes = [0, 10_000, 100_000, 1_000_000, 10_000_000, 50_000_000]

  /// What a ledger costs; seconds.
  private struct Cost {
    var bytesOnDisk = 0.0
    var open = 0.0
    var emptyPass = 0.0
    var hourAgain = 0.0
    var bytesInMemory = 0.0
  }

  /// - Parameter most: identities of the largest ledger.
  static func run(most: Int) throws(Failure) {
    let folder = "/tmp/message-trace-bench-\(getpid())"
    unsafe mkdir(folder, 0o700)
    defer { Program.remove(folder) }
    Bench.say(
      "\nthe ledger as it grows; the hour read again has up to \(Bench.grouped(hour)) rows; best of five, by the clock, "
        + "load \(Machine.load)")
    Bench.say("identities    bytes each on disk   open      empty pass   hour again   bytes each in memory")
    var costs: [(size: Int, cost: Cost)] = []
    for size in sizes where size <= max(most, 10_000) {
      let path = "\(folder)/state-\(size)"
      costs.append((size, try measure(size, path)))
      Program.remove(path)
    }
    tell(costs)
  }

  private static func tell(_ costs: [(size: Int, cost: Cost)]) {
    for (size, cost) in costs {
      let hasRows = size > 0
      Bench.say(
        Bench.pad(Bench.grouped(size), 14) + Bench.pad(hasRows ? Bench.tenths(cost.bytesOnDisk) : "-", 21)
          + Bench.pad(milliseconds(cost.open), 10) + Bench.pad(milliseconds(cost.emptyPass), 13)
          + Bench.pad(hasRows ? milliseconds(cost.hourAgain) : "-", 13)
          + (hasRows ? Bench.tenths(cost.bytesInMemory) : "-"))
    }
    guard let none = costs.first, let most = costs.last else { return }
    let step = costs.dropLast().last?.size ?? 1
    let growth = log10(most.cost.emptyPass / max(costs.dropLast().last?.cost.emptyPass ?? 1, 1e-9))
    let slope = growth / max(log10(Double(most.size) / Double(max(1, step))), 1e-9)
    Bench.say("slope of an empty pass in the last step: \(Bench.hundredths(slope))")
    Summary.ofRun.note(
      .ledger,
      "\(Bench.grouped(most.size)) identities: \(Bench.tenths(most.cost.bytesOnDisk)) bytes each on disk; a pass over "
        + "empty windows \(milliseconds(most.cost.emptyPass)), over an empty ledger \(milliseconds(none.cost.emptyPass))"
    )
  }

  private static func measure(_ size: Int, _ path: String) throws(Failure) -> Cost {
    try fill(size, path)
    var cost = Cost()
    cost.bytesOnDisk = Double(directorySize("\(path)/seen")) / Double(max(1, size))
    cost.open = try best { () throws(Failure) in try open(path).close() }
    cost.emptyPass = try best { () throws(Failure) in
      var state = try open(path)
      try state.recall((end + .seconds(60))..<(end + .seconds(120)))
      try state.commit(state.checkpoint)
      state.close()
    }
    if size > 0 { try readHour(size, path, &cost) }
    return cost
  }

  private static func readHour(_ size: Int, _ path: String, _ cost: inout Cost) throws(Failure) {
    let recent = min(hour, size / 2)
    var state = try open(path)
    defer { state.close() }
    try state.recall((end - .seconds(3_600))..<end)
    var most = 0
    var known = 0
    cost.hourAgain = try seconds { () throws(Failure) in
      for number in ((size - recent)..<size).reversed() {
        if !state.ledger.insert(identity(number), received: time(number, size, recent)) { known += 1 }
        if number % 1_000 == 0 { most = max(most, state.ledger.size) }
      }
    }
    cost.bytesInMemory = Double(most) / Double(recent)
    guard known == recent else {
      throw Failure("bench.ledger", exit: .bug, "Reading an hour again: the ledger knew \(known) of \(recent) rows.")
    }
  }

  private static func milliseconds(_ seconds: Double) -> String { "\(Bench.tenths(seconds * 1e3)) ms" }

  private static func best(_ body: () throws(Failure) -> Void) throws(Failure) -> Double {
    var best = Double.infinity
    for _ in 0..<5 { best = min(best, try seconds(body)) }
    return best
  }

  private static func fill(_ size: Int, _ path: String) throws(Failure) {
    var state = try open(path)
    let recent = min(hour, size / 2)
    var first = 0
    while first < size {
      var batch = Batch()
      let count = min(Self.batch, size - first)
      batch.entries = (first..<(first + count)).map {
        Batch.Entry(identity: identity($0), received: time($0, size, recent), end: 0)
      }
      var next = state.checkpoint
      next.sequence = try state.journal(batch, cursors: [:]).sequence
      try state.commit(next)
      first += count
    }
    state.close()
  }

  private static func open(_ path: String) throws(Failure) -> StateDirectory {
    try StateDirectory.open(path, tenant: "bench", log: .silent)
  }

  private static func identity(_ number: Int) -> Identity {
    let high = UInt64(number + 1) &* 0x9E37_79B9_7F4A_7C15
    return Identity(high: high, low: (high ^ high >> 29) &* 0xBF58_476D_1CE4_E5B9)
  }

  private static func time(_ number: Int, _ size: Int, _ recent: Int) -> Instant {
    let old = size - recent
    let span = number < old ? 90.0 * 86_400 : 3_600
    let share = number < old ? Double(number) / Double(old) : Double(number - old) / Double(recent)
    let start = number < old ? end - .seconds(90 * 86_400 + 3_600) : end - .seconds(3_600)
    return start + .milliseconds(Int(share * span * 1_000))
  }

  private static func seconds(_ body: () throws(Failure) -> Void) throws(Failure) -> Double {
    let start = ContinuousClock.now
    try body()
    return (ContinuousClock.now - start) / .seconds(1)
  }

  private static func directorySize(_ path: String) -> Int64 {
    let files = FileCalls.system
    guard let directory = try? files.open(path, O_RDONLY | O_DIRECTORY), let names = try? files.names(in: directory)
    else { return 0 }
    return names.reduce(0) { $0 + ((try? files.status($1, in: directory))?.size ?? 0) }
  }
}
