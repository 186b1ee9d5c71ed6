// Messages whose delivery events are still to be fetched: a small document of the state, replaced whole.

internal import Checkpoint
internal import IntakeCore
internal import Synchronization

/// One message to one recipient, waiting.
struct DetailsItem: Sendable, Equatable {
  var traceID: String
  var recipient: String
  var sender: String
  var received: Instant
  /// How often it was asked for in vain.
  var tries = 0
  /// Not before.
  var after: Instant

  init(traceID: String, recipient: String, sender: String, received: Instant, after: Instant) {
    self.traceID = traceID
    self.recipient = recipient
    self.sender = sender
    self.received = received
    self.after = after
  }

  /// The same for the same message and recipient.
  fileprivate var key: String { "\(traceID.lowercased())\n\(recipient.lowercased())" }

  fileprivate var json: JSONValue {
    .object([
      .init("trace", .string(traceID)), .init("recipient", .string(recipient)), .init("sender", .string(sender)),
      .init("received", .string(Timestamp.exactText(received))), .init("tries", .number("\(tries)")),
      .init("after", .string(Timestamp.exactText(after))),
    ])
  }

  fileprivate init?(_ value: JSONValue) {
    guard let trace = value["trace"]?.string, let recipient = value["recipient"]?.string,
      let received = value["received"]?.string.flatMap({ Timestamp.parse($0) }),
      let after = value["after"]?.string.flatMap({ Timestamp.parse($0) })
    else { return nil }
    self.init(
      traceID: trace, recipient: recipient, sender: value["sender"]?.string ?? "", received: received, after: after)
    tries = Int(clamping: max(0, value["tries"]?.integer ?? 0))
  }
}

/// The queue of one state, which its owner holds.
final class DetailsQueue: Sendable {
  /// More than a day's share of the quota could fetch; the oldest give way.
  static let most = 10_000

  private let documents: any StateDocuments
  private let items: Mutex<[DetailsItem]>

  /// Reads what is there; a line that cannot be read is left out.
  init(_ documents: any StateDocuments) throws(Failure) {
    self.documents = documents
    let bytes = try documents.read(DocumentName.detailsQueue) ?? []
    let read = bytes.split(separator: 0x0A).compactMap { line in
      (try? JSONValue(parsing: Array(line))).flatMap { DetailsItem($0) }
    }
    items = Mutex(read)
  }

  /// Of a state directory.
  convenience init(_ folder: String) throws(Failure) { try self.init(DirectoryDocuments(folder)) }

  var count: Int { items.withLock { $0.count } }

  /// Those that may be asked for now, newest first.
  func due(_ now: Instant) -> [DetailsItem] {
    items.withLock { $0.filter { $0.after <= now } }.sorted { $0.received > $1.received }
  }

  /// Puts items in, or back with their new state. One that is already there starts over. Synced when this returns.
  /// - Returns: how many old ones had to give way.
  func put(_ new: [DetailsItem]) throws(Failure) -> Int {
    guard !new.isEmpty else { return 0 }
    let latest = Dictionary(new.map { ($0.key, $0) }) { _, later in later }
    return try change { items in
      items.removeAll { latest[$0.key] != nil }
      items += latest.values
    }
  }

  func remove(_ item: DetailsItem) throws(Failure) {
    _ = try change { items in items.removeAll { $0.key == item.key } }
  }

  private func change(_ body: (inout [DetailsItem]) -> Void) throws(Failure) -> Int {
    var next = items.withLock { $0 }
    body(&next)
    let excess = max(0, next.count - Self.most)
    if excess > 0 { next = Array(next.sorted { $0.received > $1.received }.prefix(Self.most)) }
    try write(next)
    items.withLock { $0 = next }
    return excess
  }

  private func write(_ items: [DetailsItem]) throws(Failure) {
    var bytes: [UInt8] = []
    for item in items {
      item.json.append(to: &bytes)
      bytes.append(0x0A)
    }
    try documents.replace(DocumentName.detailsQueue, with: bytes, isDurable: true)
  }
}
