// The profile raw, by the real program: rows and details into a file, exactly once across kills, in both modes; `verify`
// and `status` work on what came out.

internal import IntakeCore
internal import IntakeTesting
internal import Simulator
internal import Testing

@Suite struct RawKillTests {
  private static let extra = ["--profile", "raw", "--details", "failed,quarantined", "--details-share", "90"]

  private static func world(_ bench: FaultFixture) throws -> FaultWorld {
    var world = try FaultWorld(bench)
    world.extra = Self.extra
    return world
  }

  private static func lines(_ world: FaultWorld) -> [String] {
    String(decoding: world.bytes(), as: UTF8.self).split(separator: "\n", omittingEmptySubsequences: false)
      .dropLast().map(String.init)
  }

  /// What tells a row: the legacy service echoes the query in some of the other columns.
  private static func key(_ line: String) throws -> String {
    let row = try JSONValue(parsing: Array(line.utf8))
    let columns = [
      "id", "MessageTraceId", "recipientAddress", "RecipientAddress", "status", "Status", "event", "Event", "dateTime",
      "Date",
      "description", "Detail",
    ]
    return columns.map { row[$0]?.text ?? "" }.joined(separator: " ")
  }

  private static func run(_ arguments: [String]) throws -> ProcessResult {
    try TestProgram([TestProgram.product("message-trace")] + arguments, environment: [:]).capture()
  }

  @Test(
    "raw rows and details come out once, as the service gave them; status and verify know them",
    arguments: ["graph", "reporting"])
  func whole(_ mode: String) throws {
    let bench = try FaultFixture(mode: mode, pages: 1)
    defer { bench.stop() }
    let world = try Self.world(bench)
    #expect(world.collect() == 0, "\(world.errors())")
    let lines = Self.lines(world)
    let details = lines.filter { $0.contains(mode == "graph" ? #""event":"# : #""Event":"#) }
    #expect(lines.count - details.count == bench.rows && details.count >= 4)
    #expect(
      lines.allSatisfy { !$0.contains("event.id") && $0.contains(mode == "graph" ? #""id":"# : #""MessageTraceId":"#) })
    // Read again: the ledger knows them all.
    #expect(world.collect() == 0 && Self.lines(world) == lines)
    let status = try Self.run(["status", "--state", world.folder("state"), "--now", Timestamp.text(FaultFixture.now)])
    #expect(status.status == 0 && status.lines.contains { $0.contains("\(lines.count)") }, "\(status.lines)")
    let verified = try Self.run(["verify", world.output])
    #expect(verified.status == 0, "\(verified.lines)")
    for figure in ["lines               \(lines.count)", "without event.id    0", "repeated event ids  0"] {
      #expect(verified.lines.contains(figure), "\(verified.lines)")
    }
    let twice = try world.folder.write(lines.joined(separator: "\n") + "\n\(lines[0])\n\(details[0])\n", to: "twice")
    let repeated = try Self.run(["verify", twice])
    #expect(repeated.status == 65 && repeated.lines.contains("repeated event ids  2"), "\(repeated.lines)")
  }

  @Test(
    "killed at file calls throughout a pass with details, raw rows are neither lost nor doubled",
    arguments: ["graph", "reporting"])
  func killed(_ mode: String) throws {
    let bench = try FaultFixture(mode: mode, pages: 1)
    defer { bench.stop() }
    let unbroken = try Self.world(bench)
    #expect(unbroken.collect() == 0)
    let expected = try Self.lines(unbroken).map { try Self.key($0) }.sorted()
    var figure = Figure()
    for point in stride(from: 3, through: 2_000, by: FaultTable.isLong ? 1 : 17) {
      let world = try Self.world(bench)
      let status = world.collect(Shim(mode: point.isMultiple(of: 2) ? .killBefore : .killAfter, at: point))
      let seen = world.bytes()
      // Later than the killed one: a message that it has queued is due.
      let again = status == 0 ? 0 : world.collect(now: FaultFixture.now + .seconds(60))
      #expect((status == 0 || status == 137) && again == 0, "call \(point): \(status), \(again): \(world.errors())")
      let isWhole = try Self.lines(world).map { try Self.key($0) }.sorted() == expected
      #expect(isWhole, "call \(point): \(Self.lines(world).count) of \(expected.count) lines")
      #expect(world.bytes().starts(with: seen), "call \(point): what a reader has seen has changed")
      guard status != 0 else { break }
      figure.cases += 1
    }
    #expect(figure.cases > 5, "\(figure)")
  }
}
