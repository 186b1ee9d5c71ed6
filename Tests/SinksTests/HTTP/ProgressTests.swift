// What a sink remembers of a batch that was not finished, and of pauses that were asked for.

internal import IntakeCore
internal import IntakeTesting
internal import Simulator
internal import Synchronization
internal import Testing

@testable import Sinks

@Suite("unfinished batches") struct ProgressTests {
  /// Keeps nothing, as a full disk does, until it is emptied.
  final class FullDisk: DeadLetters {
    let isFull = Mutex(true)
    let kept = Mutex(0)

    func keep(_ letters: [DeadLetter], at now: Instant) throws(Failure) {
      guard !isFull.withLock({ $0 }) else { throw Failure("state.enospc", exit: .ioError, "Writing: no space.") }
      kept.withLock { $0 += letters.count }
    }
  }

  @Test("a batch whose refused events cannot be set aside is not acknowledged, and its others are not sent twice")
  func fullDisk() async throws {
    let fixture = try HTTPFixture(messages: 1, faults: [FaultRule(.refusedEvents("1-3"), on: "/receive")])
    let spec = try SinkSpec(parsing: fixture.sink(.https)).withSecrets(fixture.environment)
    let disk = FullDisk()
    let context = SinkContext(log: .silent, time: .quick, deadLetters: disk)
    let position = SinkPosition(sequence: 0)
    for _ in 0..<2 {
      // Each pass makes a sink of its own.
      await #expect(throws: Failure.self) {
        try await spec.makeSink(context).deliver(SinkContract.entry(1), from: position)
      }
    }
    disk.isFull.withLock { $0 = false }
    #expect(try await spec.makeSink(context).deliver(SinkContract.entry(1), from: position).sequence == 1)
    #expect(fixture.server.receipt(.https).count == 6 && disk.kept.withLock { $0 } == 1)
  }

  @Test("after a failure only what was not taken is sent again, also by the sink of the next pass")
  func nextPass() async throws {
    let fixture = try HTTPFixture(messages: 1, faults: [FaultRule(.status(503), on: "/receive", .requests(3...12))])
    let spec = try SinkSpec(parsing: fixture.sink(.https, "?batch-events=2&connections=1"))
      .withSecrets(fixture.environment)
    let context = SinkContext(log: .silent, time: .quick)
    let position = SinkPosition(sequence: 0)
    for _ in 0..<2 {
      await #expect(throws: Failure.self) {
        try await spec.makeSink(context).deliver(SinkContract.entry(1), from: position)
      }
    }
    _ = try await spec.makeSink(context).deliver(SinkContract.entry(1), from: position)
    #expect(fixture.server.receipt(.https).count == 7)
  }

  @Test("what is known of one batch is not taken for another with the same number")
  func otherBatch() async throws {
    let fixture = try HTTPFixture(messages: 1, faults: [FaultRule(.status(401), on: "/receive", .requests(2...2))])
    let spec = try SinkSpec(parsing: fixture.sink(.https, "?batch-events=4&connections=1"))
      .withSecrets(fixture.environment)
    let context = SinkContext(log: .silent, time: .quick)
    let position = SinkPosition(sequence: 0)
    await #expect(throws: Failure.self) {
      try await spec.makeSink(context).deliver(SinkContract.entry(1), from: position)
    }
    var other = SinkContract.entry(2)
    other.sequence = 1
    _ = try await spec.makeSink(context).deliver(other, from: position)
    #expect(fixture.server.receipt(.https).count == 4 + 7)
  }

  @Test("a batch that differs only in its middle is another one: none of its events is held for taken")
  func otherMiddle() async throws {
    let fixture = try HTTPFixture(messages: 1, faults: [FaultRule(.status(401), on: "/receive", .requests(2...2))])
    let spec = try SinkSpec(parsing: fixture.sink(.https, "?batch-events=4&connections=1"))
      .withSecrets(fixture.environment)
    let context = SinkContext(log: .silent, time: .quick)
    let position = SinkPosition(sequence: 0)
    var entry = SinkContract.entry(1)
    await #expect(throws: Failure.self) { try await spec.makeSink(context).deliver(entry, from: position) }
    entry.entries[1].identity = Identity(high: 9, low: 9)
    let place = try #require(entry.bytes.firstRange(of: Array(#""event.id":"1-1""#.utf8)))
    entry.bytes.replaceSubrange(place, with: Array(#""event.id":"9-9""#.utf8))
    _ = try await spec.makeSink(context).deliver(entry, from: position)
    let receipt = fixture.server.receipt(.https)
    #expect(receipt.count == 4 + 7 && String(decoding: receipt.events, as: UTF8.self).contains("9-9"))
  }

  @Test("a long Retry-After ends the delivery, and the next pass asks nothing before its time")
  func longPause() async throws {
    let fixture = try HTTPFixture(messages: 1, faults: [FaultRule(.throttled(.seconds(900)), on: "/receive")])
    let spec = try SinkSpec(parsing: fixture.sink(.https)).withSecrets(fixture.environment)
    let context = SinkContext(log: .silent, time: .quick)
    for _ in 0..<3 {
      await #expect {
        try await spec.makeSink(context).deliver(SinkContract.entry(1), from: SinkPosition(sequence: 0))
      } throws: {
        ($0 as? Failure)?.exit == .tryLater
      }
    }
    #expect(fixture.server.requests().count == 1)
  }

  @Test("requests over a connection that the receiver has closed in the meantime lose nothing")
  func reused() async throws {
    let fixture = try HTTPFixture(messages: 1, faults: [FaultRule(.cut(0), on: "/_bulk", .requests(3...3))])
    let spec = try SinkSpec(parsing: fixture.sink(.elastic, "?connections=1")).withSecrets(fixture.environment)
    let sink = try spec.makeSink(log: .silent, time: .quick)
    var position = try await sink.open(at: nil)
    for number in 1...4 { position = try await sink.deliver(SinkContract.entry(UInt64(number)), from: position) }
    #expect(fixture.server.receipt(.elastic).count == 28)
  }
}
