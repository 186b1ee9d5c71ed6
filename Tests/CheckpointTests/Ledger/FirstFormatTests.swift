// A state that the program wrote before the ledger was sorted: read without loss or repeats.
//
// Fixtures/first: two passes of the program as it was, over a tenant of the simulator, into two files of which the second
// could not be opened in the second pass; in delivered.txt what came out.

internal import IntakeCore
internal import IntakeTesting
internal import Testing

@testable import Checkpoint

@Suite("State of the version before")
struct FirstFormatTests {
  private let folder: ScratchFolder

  init() throws {
    folder = try ScratchFolder()
    for name in ["state", "state/seen", "state/journal"] { try folder.makeFolder(name) }
    for name in ["checkpoint.json", "seen/1.idx", "journal/00000000000000000005.j"] {
      try folder.write(try Self.fixture(name), to: "state/\(name)")
    }
  }

  private static func fixture(_ name: String) throws -> [UInt8] {
    let here = #filePath.split(separator: "/").dropLast(2).reduce("") { "\($0)/\($1)" }
    return try FileBytes.read("\(here)/Fixtures/first/\(name)", purpose: "fixture")
  }

  private static func delivered() throws -> [(identity: Identity, received: Instant)] {
    try String(decoding: fixture("delivered.txt"), as: UTF8.self).split(separator: "\n").map { line in
      let words = line.split(separator: " ")
      let high = try #require(UInt64(words[0].prefix(16), radix: 16))
      let low = try #require(UInt64(words[0].suffix(16), radix: 16))
      return (Identity(high: high, low: low), try #require(Timestamp.parse(String(words[1]))))
    }
  }

  private func open(_ files: FileCalls = .system) throws(Failure) -> StateDirectory {
    try StateDirectory.open(folder("state"), tenant: "contoso.onmicrosoft.com", log: .silent, files: files)
  }

  private func expectKnown(_ what: String) throws {
    var state = try open()
    defer { state.close() }
    let delivered = try Self.delivered()
    #expect(delivered.count == 77 && state.ledger.count == delivered.count)
    #expect(state.pending == [5] && state.checkpoint.sequence == 5 && state.checkpoint.cursors.count == 5)
    #expect(try state.entry(5).entries.count == 19)
    for (number, row) in delivered.enumerated() {
      // Within its window, with another service's rounding, outside of it, without a time.
      let claimed: Instant = [row.received, row.received + .seconds(1), .earliest, .latest][number % 4]
      try state.recall((row.received - .seconds(90))..<(row.received + .seconds(90)))
      let isNew = state.ledger.insert(row.identity, received: claimed)
      #expect(!isNew, "\(what): row \(number)")
    }
    let isNew = state.ledger.insert(Identity(high: 1, low: 2), received: delivered[0].received)
    #expect(isNew)
  }

  @Test("every delivered row is known, the entry that a sink lacks is still there, in this opening and the next")
  func converted() throws {
    try expectKnown("first opening")
    try expectKnown("second opening")
    #expect(try !folder.names("state/seen").contains("1.idx"))
  }

  @Test("a death or a failing disk at any call of the conversion changes nothing", arguments: CrashTests.faults)
  func crashes(fault: FileCalls.Fault) throws {
    var points = 0
    while true {
      let world = try FirstFormatTests()
      let plan = FileFaultPlan(at: points + 1, fault)
      try? world.open(plan.files).close()
      guard plan.struck else { break }
      points += 1
      try world.expectKnown("after call \(points)")
    }
    #expect(points > 25)
  }

  @Test("an entry that is damaged after the conversion is still dropped from the ledger")
  func damaged() throws {
    try open().close()
    try folder.write("rotten", to: "state/journal/00000000000000000005.j")
    let before = try #require(try StateDirectory.summary(folder("state"))).checkpoint
    let state = try open()
    defer { state.close() }
    #expect(state.ledger.count == 77 - 19 && state.pending == [])
    let (live, known) = (state.checkpoint.cursors["live"], before.cursors["live"])
    #expect(try #require(live) < #require(known))
  }
}
