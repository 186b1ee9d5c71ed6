// Many tenants on one database: whether passes begin in time, and what one costs there.
//
//     MESSAGE_TRACE_FLEET_SCALE="1000 180" swift test --filter FleetScaleTests     so many tenants, for so many seconds

internal import Glibc
internal import IntakeCore
internal import IntakeTesting
internal import Simulator
import Testing

enum FleetScale {
  /// So many tenants, for so many seconds; empty where nobody asks for it.
  static let form: [Int] =
    unsafe getenv("MESSAGE_TRACE_FLEET_SCALE").map { unsafe String(cString: $0) }?
    .split(separator: " ").compactMap { Int($0) } ?? []
}

@Suite(.ownThreads) struct FleetScaleTests {
  private struct Sample {
    var passes: Double
    var statements: Double
    var bytes: Double
    /// Seconds since the last pass of the tenant that waits longest.
    var oldest: Double
  }

  @Test(
    "every tenant is read in time; statements and bytes a pass are printed",
    .enabled(if: FleetScale.form.count == 2, "long: MESSAGE_TRACE_FLEET_SCALE is not set"))
  func figures() async throws {
    let (tenants, seconds) = (FleetScale.form[0], FleetScale.form[1])
    let world = try FleetWorld(seed: 1, tenants: tenants, messages: 40, span: .seconds(30), lease: 30, every: "60s")
    let processes = try (0..<3).map { _ in try world.member() }
    let isEven = try await Waiting.whileSleeping(.seconds(1)) { try world.isEven(processes) }
    try #require(isEven, "\(processes.map { $0.errorsSoFar.suffix(500) })")
    try #require(await Waiting.whileSleeping(.seconds(1)) { world.isComplete })
    let before = try sample(world)
    let start = ContinuousClock.now
    _ = await Waiting.whileSleeping(.seconds(1)) { ContinuousClock.now - start > .seconds(seconds) }
    let after = try sample(world)
    let passes = after.passes - before.passes
    print(
      "\(tenants) tenants, 3 processes, \(seconds) s: \(Int(passes)) passes of \(tenants * seconds / 60), "
        + "the oldest \(Int(after.oldest)) s ago; a pass: \((after.statements - before.statements) / passes) transactions, "
        + "\(Int((after.bytes - before.bytes) / passes)) bytes of log; held: \(try world.counts(processes))")
    for process in processes { process.signal(SIGTERM) }
    for process in processes { #expect(process.wait() == 0) }
    #expect(world.verdicts(.elastic).allSatisfy { $0.isPerfect })
  }

  private func sample(_ world: FleetWorld) throws -> Sample {
    let text = try world.database.query(
      """
      SELECT (SELECT sum((s->'counters'->'passes'->>'')::bigint) FROM status),
        (SELECT xact_commit FROM pg_stat_database WHERE datname = 'mail'),
        pg_wal_lsn_diff(pg_current_wal_lsn(), '0/0'),
        (SELECT extract(epoch FROM now() - min((s->>'lastPass')::timestamptz)) FROM status)
      """.replacingStatus, in: "mail")
    let numbers = text.split(separator: "|").compactMap { Double($0) }
    try #require(numbers.count == 4, "\(text)")
    return Sample(passes: numbers[0], statements: numbers[1], bytes: numbers[2], oldest: numbers[3])
  }
}

extension String {
  /// The query with the documents of the last passes as a table.
  fileprivate var replacingStatus: String {
    "WITH status AS (SELECT convert_from(content, 'UTF8')::json AS s FROM message_trace.documents "
      + "WHERE name = 'status.json') " + self
  }
}
