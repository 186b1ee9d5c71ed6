// What every sink promises, as one suite that every sink's tests run.

package import IntakeCore
internal import Testing

/// A sink under test: how to make one as a restarted process would, and what has arrived at its other end.
package struct SinkContract: Sendable {
  package enum Repeats: Sendable { case never, atMostTheBatchInDoubt }

  package var makeSink: @Sendable () throws -> any Sink
  /// The lines that arrived so far, without LF.
  package var received: @Sendable () async throws -> [String]
  package var repeats: Repeats

  package init(
    repeats: Repeats, makeSink: @escaping @Sendable () throws -> any Sink,
    received: @escaping @Sendable () async throws -> [String]
  ) {
    self.makeSink = makeSink
    self.received = received
    self.repeats = repeats
  }

  /// Runs every scenario in turn against the same other end.
  package func check() async throws {
    let sink = try makeSink()
    #expect(sink.name == (try makeSink()).name, "the name is the sink's for ever")
    let start = try await sink.open(at: nil)
    let first = try await sink.deliver(Self.entry(1), from: start)
    #expect(first.sequence == 1)
    #expect(try await received() == Self.lines(1), "a delivered batch has arrived whole, in order")

    let second = try await sink.deliver(Self.entry(2), from: first)
    await sink.close()
    #expect(second.sequence == 2)

    let restarted = try makeSink()
    let kept = try await restarted.open(at: first)
    #expect(kept == first, "a position from the checkpoint is taken over as it is")
    let again = try await restarted.deliver(Self.entry(2), from: kept)
    #expect(again == second, "the same batch from the same position ends at the same position")
    let third = try await restarted.deliver(Self.entry(3), from: again)
    #expect(third.sequence == 3)
    await restarted.close()
    await restarted.close()
    try await checkEnd()
  }

  private func checkEnd() async throws {
    let lines = try await received()
    switch repeats {
    case .never:
      #expect(lines == Self.lines(1) + Self.lines(2) + Self.lines(3))
    case .atMostTheBatchInDoubt:
      #expect(lines == Self.lines(1) + Self.lines(2) + Self.lines(2) + Self.lines(3))
    }
  }

  /// A batch of seven events; the text in them is awkward.
  package static func entry(_ sequence: UInt64, count: Int = 7) -> JournalEntry {
    var entry = JournalEntry(sequence: sequence, bytes: [], entries: [], cursors: [:])
    for line in lines(sequence, count: count) {
      entry.bytes.append(contentsOf: Array(line.utf8))
      entry.bytes.append(0x0A)
      entry.entries.append(
        Batch.Entry(
          identity: Identity(high: sequence, low: UInt64(entry.entries.count)),
          received: Instant(seconds: 1_790_000_000), end: entry.bytes.count))
    }
    return entry
  }

  package static func lines(_ sequence: UInt64, count: Int = 7) -> [String] {
    (0..<count).map { index in
      let outcome = index % 2 == 0 ? "success" : "failure"
      return #"{"@timestamp":"2026-11-21T05:06:07.089Z","event.id":"\#(sequence)-\#(index)","#
        + #""event.outcome":"\#(outcome)","email.subject":"Grüße \u2028 \"x\" 日本 \\ \#(index)"}"#
    }
  }
}
