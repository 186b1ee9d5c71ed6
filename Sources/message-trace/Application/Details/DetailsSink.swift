// What notes the messages whose delivery events are wanted: a sink like any other, so that after a crash it is given the
// same batch again, and no row that was delivered is forgotten.

internal import IntakeCore

/// Reads events as they are delivered and queues those with one of the wanted statuses.
struct DetailsSink: Sink {
  static let name = "details"
  var name: String { Self.name }

  private let queue: DetailsQueue
  private let statuses: [String]
  private let time: TimeSource
  private let log: Log

  /// - Parameter statuses: canonical; none: everything is taken and nothing queued.
  init(_ queue: DetailsQueue, statuses: [String], time: TimeSource, log: Log) {
    self.queue = queue
    self.statuses = statuses
    self.time = time
    self.log = log
  }

  func open(at position: SinkPosition?) async throws(Failure) -> SinkPosition {
    position ?? SinkPosition(sequence: 0)
  }

  func deliver(_ entry: JournalEntry, from position: SinkPosition) async throws(Failure) -> SinkPosition {
    var items: [DetailsItem] = []
    var start = 0
    for event in entry.entries {
      if let item = item(event, entry.bytes[start..<event.end]) { items.append(item) }
      start = event.end
    }
    let dropped = try queue.put(items)
    if dropped > 0 {
      log(
        .warning, "details.dropped", "The details queue is full; its oldest messages are dropped.",
        [("messages", "\(dropped)")])
    }
    return SinkPosition(sequence: entry.sequence)
  }

  func close() async {}

  private func item(_ entry: Batch.Entry, _ line: ArraySlice<UInt8>) -> DetailsItem? {
    let status = String(
      decoding: line.dropFirst(entry.status.lowerBound).prefix(entry.status.count), as: UTF8.self)
    guard statuses.contains(status), let event = try? JSONValue(parsing: Array(line)),
      event["event.dataset"]?.string == "o365.message_trace",
      event["event.kind"]?.string == "event",
      let trace = event["email.local_id"]?.string, let recipient = event["email.to.address"]?.array?.first?.string
    else { return nil }
    let now = time.now()
    return DetailsItem(
      traceID: trace, recipient: recipient, sender: event["email.from.address"]?.array?.first?.string ?? "",
      received: event["@timestamp"]?.string.flatMap { Timestamp.parse($0) } ?? now, after: now)
  }
}
