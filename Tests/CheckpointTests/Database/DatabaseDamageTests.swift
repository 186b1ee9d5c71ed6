// Journal entries in the database that are damaged or gone: never skipped silently, and read again from the service.

internal import IntakeCore
internal import IntakeTesting
internal import Testing

@testable import Checkpoint

@Suite("Damaged state in a database", .ownThreads, .enabled(if: PostgresServer.isWanted, "PostgreSQL is not installed"))
struct DatabaseDamageTests {
  private let fixture: DatabaseFixture
  private let lines = Locked<[String]>([])

  init() throws { fixture = try DatabaseFixture() }

  private func open() throws -> StateDatabase {
    let lines = lines
    let log = Log(write: { line in lines.update { $0.append(String(decoding: line, as: UTF8.self)) } })
    return try StateDatabase.open(try fixture.database(), tenant: "contoso", log: log)
  }

  /// Three batches, of which the sink `slow` has only the first; then a fourth, journaled only.
  private func fill(cursors: [String: Instant] = [:]) throws {
    var state = try open()
    var checkpoint = try Fill.deliver(1, to: &state)
    checkpoint.sinks["slow"] = SinkPosition(sequence: 1)
    try state.commit(checkpoint)
    _ = try Fill.deliver(2, to: &state)
    _ = try state.journal(Fill.batch(4), cursors: cursors)
    #expect(state.pending == [2, 3, 4])
    state.close()
  }

  private func damage(_ sequence: Int) throws {
    _ = try fixture.query(
      "UPDATE message_trace.journal SET entry = set_byte(entry, 9, get_byte(entry, 9) # 1) WHERE sequence = \(sequence)"
    )
  }

  private func remove(_ sequence: Int) throws {
    _ = try fixture.query("DELETE FROM message_trace.journal WHERE sequence = \(sequence)")
  }

  /// What is new to the ledger again.
  private func forgotten(_ state: StateDatabase) throws -> [UInt64] {
    var state = state
    try state.recall(Fill.received(5)..<Fill.received(0))
    return (1...4).filter { number in
      Fill.entry(number).entries.allSatisfy { state.ledger.insert($0.identity, received: $0.received) }
    }
  }

  @Test("an entry that is gone is forgotten by the ledger and its span read again, once")
  func missing() throws {
    try fill(cursors: ["live": Fill.received(0), "revisit 1h": Fill.received(0)])
    try remove(2)
    for opening in 1...3 {
      let state = try open()
      #expect(state.pending == [3, 4], "opening \(opening)")
      #expect(try forgotten(state) == [2], "the fourth entry is covered together with that")
      #expect(state.checkpoint.sequence == 4 && state.checkpoint.cursors.count == 2)
      #expect(state.checkpoint.cursors.values.allSatisfy { $0 == Fill.received(2) }, "\(state.checkpoint.cursors)")
      state.close()
    }
    #expect(lines.value.count { $0.contains("journal.corrupt") } == 1, "\(lines.value)")
  }

  @Test("a damaged entry is found when it is read, kept aside, and read again from the service after the next opening")
  func damaged() throws {
    try fill()
    try damage(2)
    var state = try open()
    var failure: Failure?
    do throws(Failure) { _ = try state.entry(2) } catch { failure = error }
    #expect(failure?.code == .journalCorrupt && failure?.hint?.contains("reads its time span again") == true)
    state.close()
    state = try open()
    #expect(state.pending == [3, 4])
    #expect(try forgotten(state) == [2])
    var checkpoint = state.checkpoint
    for (name, _) in checkpoint.sinks { checkpoint.sinks[name]?.sequence = 4 }
    try state.commit(checkpoint)
    #expect(try state.journal(Fill.batch(5), cursors: [:]).sequence == 5)
    state.close()
    #expect(
      try fixture.query("SELECT count(*) FROM message_trace.journal WHERE tenant LIKE 'contoso damaged %'") == "1")
  }

  @Test("a damaged entry that was journaled and not committed is put aside: its window is still open")
  func damagedNew() throws {
    try fill()
    try damage(4)
    var state = try open()
    #expect(throws: Failure.self) { try state.entry(4) }
    state.close()
    state = try open()
    #expect(state.pending == [2, 3])
    #expect(try state.journal(Fill.batch(4), cursors: [:]).sequence == 4)
    state.close()
    #expect(!lines.value.contains { $0.contains("journal.corrupt") }, "\(lines.value)")
  }

  @Test("a repair whose connection is cut before or after the statement is whole or not begun")
  func cut() throws {
    for fault in [DatabaseFaults.Fault.cutBefore, .cutAfter] {
      let fixture = try DatabaseFixture()
      try DatabaseDamageTests(fixture).fill()
      _ = try fixture.query("DELETE FROM message_trace.journal WHERE sequence = 2")
      let faults = DatabaseFaults { $0 == "repair" ? fault : nil }
      let broken = try fixture.database(faults: faults)
      #expect(throws: Failure.self) { try StateDatabase.open(broken, tenant: "contoso", log: .silent) }
      let state = try StateDatabase.open(try fixture.database(), tenant: "contoso", log: .silent)
      #expect(state.pending == [3, 4] && state.checkpoint.sequence == 4)
      #expect(try forgotten(state) == [2], "\(fault)")
      state.close()
    }
  }

  private init(_ fixture: DatabaseFixture) { self.fixture = fixture }
}
