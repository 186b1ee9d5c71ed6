// A state that moves between directory and database and back: the same state, and never two of it.

internal import Glibc
internal import IntakeCore
internal import IntakeTesting
internal import Testing

@testable import Checkpoint

@Suite("Moving a state", .ownThreads, .enabled(if: PostgresServer.isWanted, "PostgreSQL is not installed"))
struct StateCopyTests {
  let folder: ScratchFolder
  let fixture: DatabaseFixture

  init() throws {
    folder = try ScratchFolder()
    fixture = try DatabaseFixture()
  }

  private func place(_ name: String) throws -> StatePlace {
    name == "database" ? .database(try fixture.database(), tenant: "contoso") : .directory(folder(name))
  }

  private func move(_ from: String, _ to: String) throws -> StateCopy.Outcome {
    try StateCopy(from: try place(from), to: try place(to), tenant: "contoso", log: .silent).run()
  }

  private func code(_ body: () throws -> Void) -> String? {
    do {
      try body()
      return nil
    } catch {
      return (error as? Failure).map { "\($0.code) \($0.exit.rawValue)" } ?? "\(error)"
    }
  }

  /// Three batches for one sink, of which another lacks the last two, and one that is not committed.
  private func fill(_ state: inout AnyState) throws -> Checkpoint {
    var checkpoint = try Fill.deliver(1, to: &state)
    checkpoint.sinks["slow"] = SinkPosition(sequence: 1)
    for number in UInt64(2)...3 {
      var batch = Fill.batch(number)
      if number == 3 { for index in batch.entries.indices { batch.entries[index].isOutsideWindow = true } }
      checkpoint.sequence = try state.journal(batch, cursors: checkpoint.cursors).sequence
      for name in checkpoint.sinks.keys where name != "slow" {
        checkpoint.sinks[name]?.sequence = number
      }
      try state.commit(checkpoint)
    }
    _ = try state.journal(Fill.batch(4), cursors: ["live": Instant(ticks: 7)])
    try state.documents.replace(DocumentName.detailsQueue, with: [0x7B, 0x7D, 0x0A], isDurable: true)
    return checkpoint
  }

  private func expect(_ checkpoint: Checkpoint, at name: String) throws {
    var state = try place(name).open(tenant: "contoso", log: .silent)
    defer { state.close() }
    #expect(state.checkpoint == checkpoint && state.pending == [2, 3, 4], "\(name)")
    for number in UInt64(2)...4 {
      #expect(try state.entry(number).bytes == Fill.batch(number).bytes)
    }
    for number in [UInt64(1), 3, 2, 4] {
      let received = Fill.received(number)
      try state.recall((received - .seconds(60))..<(received + .seconds(60)))
      for entry in Fill.batch(number).entries {
        let isNew = state.ledger.insert(entry.identity, received: entry.received)
        #expect(isNew == (number == 4), "batch \(number) at \(name)")
      }
    }
    // Rows outside of their windows are known in any span.
    try state.recall(Fill.received(1)..<Fill.received(1))
    for entry in Fill.batch(3).entries {
      let isNew = state.ledger.insert(entry.identity, received: .latest)
      #expect(!isNew, "\(name)")
    }
    #expect(try state.documents.read(DocumentName.detailsQueue) == [0x7B, 0x7D, 0x0A])
    #expect(try place(name).rejected.lines == ["r"])
  }

  @Test("there and back: everything arrives, and what was left behind is refused with the place where it is now")
  func roundTrip() throws {
    var state = try place("first").open(tenant: "contoso", log: .silent)
    let checkpoint = try fill(&state)
    state.close()
    let letter = DeadLetter(
      sink: "s", identity: Identity(high: 1, low: 2), received: Instant(seconds: 1), reason: "r", event: [0x31])
    try place("first").rejected.keep([letter], at: Instant(seconds: 2))

    let outcome = try move("first", "database")
    #expect(outcome == .init(tenant: "contoso", identities: 9, batches: 3, refused: 1))
    try expect(checkpoint, at: "database")
    #expect(code { _ = try place("first").open(tenant: "contoso", log: .silent) } == "state.moved 78")

    _ = try move("database", "first")
    try expect(checkpoint, at: "first")
    #expect(code { _ = try place("database").open(tenant: "contoso", log: .silent) } == "state.moved 78")

    _ = try move("first", "database")
    _ = try move("database", "second")
    try expect(checkpoint, at: "second")
  }

  @Test("a state in use, a target with a state and a source without one are refused, and nothing is changed")
  func refused() throws {
    #expect(code { _ = try move("first", "database") } == "state.missing 66")
    var state = try place("first").open(tenant: "contoso", log: .silent)
    let checkpoint = try fill(&state)
    #expect(code { _ = try move("first", "database") } == "state.locked 75")
    state.close()
    var other = try place("database").open(tenant: "contoso", log: .silent)
    #expect(code { _ = try move("first", "database") } == "state.leased 75")
    _ = try Fill.deliver(1, to: &other)
    other.close()
    #expect(code { _ = try move("first", "database") } == "state.exists 73")
    #expect(code { _ = try move("database", "first") } == "state.exists 73")
    let again = try place("first").open(tenant: "contoso", log: .silent)
    #expect(again.checkpoint == checkpoint)
    again.close()
  }

  @Test(
    "a move that stopped after the source was marked is finished by the same call", arguments: ["database", "second"])
  func interrupted(target: String) throws {
    var state = try place("first").open(tenant: "contoso", log: .silent)
    let checkpoint = try fill(&state)
    state.close()
    let letter = DeadLetter(
      sink: "s", identity: Identity(high: 1, low: 2), received: Instant(seconds: 1), reason: "r", event: [0x31])
    try place("first").rejected.keep([letter], at: Instant(seconds: 2))
    try MovedMarker(path: folder("first")).write(try place(target).text)
    if target == "second" {
      try place("second").open(tenant: "contoso", log: .silent).close()
      try MovedMarker(path: folder("second")).write("")
      #expect(code { _ = try place("second").open(tenant: "contoso", log: .silent) } == "state.moved 78")
    }
    #expect(code { _ = try move("first", "third") } == "state.moved 78")
    _ = try move("first", target)
    try expect(checkpoint, at: target)
  }
}

extension RejectedEvents {
  /// The reasons, in order.
  var lines: [String] {
    get throws {
      var lines: [String] = []
      try eachLine { lines.append($0.letter.reason) }
      return lines
    }
  }
}
