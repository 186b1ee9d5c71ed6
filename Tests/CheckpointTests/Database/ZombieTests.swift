// A process that stood still for longer than its lease and wakes up: it changes nothing, and delivers nothing more.

internal import IntakeCore
internal import IntakeTesting
import Testing

@testable internal import Checkpoint

@Suite(.ownThreads, .enabled(if: PostgresServer.isWanted, "PostgreSQL is not installed"))
struct ZombieTests {
  private let fixture: DatabaseFixture

  init() throws { fixture = try DatabaseFixture() }

  private func open(_ holder: String) throws -> StateDatabase {
    try StateDatabase.open(try fixture.database(), tenant: "contoso", holder: holder, log: .silent)
  }

  private static func batch(_ number: UInt64) -> Batch {
    var batch = Batch()
    batch.bytes = Array("{\"row\":\(number)}\n".utf8)
    batch.entries = [
      .init(identity: Identity(high: 1, low: number), received: Instant(seconds: 1_790_000_000), end: batch.bytes.count)
    ]
    return batch
  }

  private func expectFenced(_ body: () throws -> Void, location: SourceLocation = #_sourceLocation) {
    #expect(sourceLocation: location) {
      try body()
    } throws: { ($0 as? Failure)?.code == .stateFenced && ($0 as? Failure)?.exit == .tryLater }
  }

  @Test("after a takeover every step is refused, and no entry of the journal can be read any more")
  func steps() throws {
    var zombie = try open("a")
    // A slow sink has two batches to come.
    for number in UInt64(1)...2 {
      _ = try zombie.journal(Self.batch(number), cursors: [:])
      var next = zombie.checkpoint
      next.sequence = number
      next.sinks["slow"] = SinkPosition(sequence: 0)
      try zombie.commit(next)
    }
    let reader = zombie.reader
    #expect(try reader.entry(1).entries.count == 1)
    _ = try fixture.query("UPDATE message_trace.tenants SET expires = now() - interval '1 second'")
    #expect(throws: Never.self) { try reader.entry(1) }
    var heir = try open("b")
    #expect(heir.pending == [1, 2])
    expectFenced { _ = try reader.entry(1) }
    expectFenced { _ = try zombie.entry(2) }
    for step in 0..<3 {
      // The first failure breaks a store: each step has a copy of its own.
      var copy = zombie
      expectFenced {
        switch step {
        case 0: _ = try copy.journal(Self.batch(3), cursors: [:])
        case 1: try copy.commit(copy.checkpoint)
        default: try copy.prune(before: Instant(seconds: 1_800_000_000))
        }
      }
    }
    expectFenced { try zombie.documents.replace("status.json", with: [], isDurable: true) }
    zombie.close()
    #expect(throws: Never.self) { try heir.lease.renew() }
    var next = heir.checkpoint
    next.sinks["slow"] = SinkPosition(sequence: 2)
    try heir.commit(next)
    #expect(heir.pending.isEmpty)
    heir.close()
  }
}
