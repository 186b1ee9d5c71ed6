// What notes the messages whose delivery events are wanted: a sink like any other, so that after a crash it is given the
// same batch again, and no row that was delivered is forgotten.

internal import IntakeCore
internal import Normaliser

/// Reads events as they are delivered and queues those with one of the wanted statuses.
struct DetailsSink: Sink {
  static let name = "details"
  var name: String { Self.name }

  private let queue: DetailsQueue
  private let statuses: [String]
  private let names: [EventNames]
  private let time: TimeSource
  private let log: Log

  /// - Parameters:
  ///   - statuses: canonical; none: everything is taken and nothing queued.
  ///   - names: where the events say which message they are about, one for each form that an event may have: a batch of the
  ///     journal may have been written under other settings.
  init(_ queue: DetailsQueue, statuses: [String], names: [EventNames], time: TimeSource, log: Log) {
    self.queue = queue
    self.statuses = statuses.map { $0.lowercased() }
    self.names = names
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
    guard statuses.contains(status.lowercased()), let event = try? JSONValue(parsing: Array(line)) else { return nil }
    return names.lazy.compactMap { item(event, $0) }.first
  }

  private func item(_ event: JSONValue, _ names: EventNames) -> DetailsItem? {
    guard names.dataset.map({ EventNames.text($0.path, in: event) == $0.value }) ?? true,
      let trace = EventNames.text(names.trace, in: event),
      let recipient = EventNames.text(names.recipient, in: event),
      let received = EventNames.text(names.received, in: event)
    else { return nil }
    let now = time.now()
    return DetailsItem(
      traceID: trace, recipient: recipient, sender: EventNames.text(names.sender, in: event) ?? "",
      received: Self.instant(received) ?? now, after: now)
  }

  private static func instant(_ text: String) -> Instant? {
    let bytes = Array(text.utf8)
    return Timestamp.parse(text) ?? Timestamp.parseDateLiteral(unsafe bytes.span.bytes, 0..<bytes.count)
  }
}
