// One event that says what it is, for `check --send-test`.

internal import IntakeCore
internal import Sinks

enum TestEvent {
  /// Sends it and waits for the acknowledgement, as for any event. A refusal is a failure.
  static func send(to spec: SinkSpec, _ context: SinkContext) async throws(Failure) {
    var context = context
    context.isTrial = true
    let sink = try spec.makeSink(context)
    let now = context.time.now()
    let identity = Identity(high: .random(in: 0...UInt64.max), low: .random(in: 0...UInt64.max))
    let event = JSONValue.object([
      .init("@timestamp", .string(Timestamp.text(now))), .init("event.id", .string(identity.hex)),
      .init("event.kind", .string("event")), .init("event.dataset", .string("o365.message_trace_test")),
      .init("message", .string("Test event of message-trace check --send-test.")),
    ])
    let bytes = Array("\(event.text)\n".utf8)
    let entry = JournalEntry(
      sequence: 1, bytes: bytes, entries: [Batch.Entry(identity: identity, received: now, end: bytes.count)],
      cursors: [:])
    do throws(Failure) {
      _ = try await sink.deliver(entry, from: try await sink.open(at: nil))
    } catch {
      await sink.close()
      throw error
    }
    await sink.close()
  }
}
