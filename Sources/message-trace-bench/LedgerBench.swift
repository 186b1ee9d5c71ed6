// What the ledger costs as it grows: on disk, to open, for a pass over empty windows, and for an hour that is read again.

internal import Checkpoint
internal import Glibc
internal import IntakeCore

enum LedgerBench {
  /// Rows of the busiest hour: the rest lies in the 90 days before it, evenly.
  private static let hour = 100_000
  private static let end = Instant(seconds: 1_790_000_000)
  private static let batch = 50_000

  /// - Parameter most: identities of the largest ledger; the smaller ones have a tenth each, down to 10,000.
  static func run(most: Int) throws(Failure) {
    let folder = "/tmp/message-trace-bench-\(getpid())"
    unsafe mkdir(folder, 0o700)
    defer { Program.remove(folder) }
    Bench.say("\nthe ledger as it grows; the hour read again has up to \(Bench.grouped(hour)) rows")
    Bench.say("identities    bytes each on disk   open   empty pass   hour again   bytes each in memory")
    var sizes = [most]
    while let last = sizes.last, last > 10_000 { sizes.append(max(10_000, last / 10)) }
    for size in sizes.reversed() { try measure(size, "\(folder)/state-\(size)") }
  }

  private static func measure(_ size: Int, _ path: String) throws(Failure) {
    try fill(size, path)
    let recent = min(hour, size / 2)
    var state = try open(path)
    let bytes = Double(directorySize("\(path)/seen")) / Double(size)
    state.close()
    let opened = try seconds { () throws(Failure) in try open(path).close() }
    let empty = try seconds { () throws(Failure) in
      var state = try open(path)
      try state.recall((end + .seconds(60))..<(end + .seconds(120)))
      try state.commit(state.checkpoint)
      state.close()
    }
    state = try open(path)
    defer { state.close() }
    try state.recall((end - .seconds(3_600))..<end)
    var most = 0
    var known = 0
    let again = try seconds { () throws(Failure) in
      for number in ((size - recent)..<size).reversed() {
        if !state.ledger.insert(identity(number), received: time(number, size, recent)) { known += 1 }
        if number % 1_000 == 0 { most = max(most, state.ledger.size) }
      }
    }
    guard known == recent else {
      throw Failure("bench.ledger", exit: .bug, "Reading an hour again: the ledger knew \(known) of \(recent) rows.")
    }
    Bench.say(
      Bench.pad(Bench.grouped(size), 14) + Bench.pad(tenths(bytes), 21) + Bench.pad("\(tenths(opened * 1e3)) ms", 9)
        + Bench.pad("\(tenths(empty * 1e3)) ms", 13) + Bench.pad("\(tenths(again * 1e3)) ms", 13)
        + tenths(Double(most) / Double(recent)))
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

  private static func tenths(_ number: Double) -> String {
    let tenths = Int((number * 10).rounded())
    return "\(tenths / 10).\(tenths % 10)"
  }
}
