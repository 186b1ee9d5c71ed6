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

  /// The same for the same message and recipient: by bytes, since addresses that Unicode holds to be equal are two
  /// recipients, and without regard to the case of ASCII letters.
  fileprivate var key: [UInt8] { Array("\(traceID.lowercasedASCII)\n\(recipient.lowercasedASCII)".utf8) }

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
  private let counts = Mutex((damaged: 0, givenUp: 0))

  /// Reads what is there; a line that cannot be read is counted.
  init(_ documents: any StateDocuments) throws(Failure) {
    self.documents = documents
    let bytes = try documents.read(DocumentName.detailsQueue) ?? []
    let lines = bytes.split(separator: 0x0A)
    let read = lines.compactMap { line in (try? JSONValue(parsing: Array(line))).flatMap { DetailsItem($0) } }
    items = Mutex(read)
    counts.withLock { $0.damaged = lines.count - read.count }
  }

  /// Of a state directory.
  convenience init(_ folder: String) throws(Failure) { try self.init(DirectoryDocuments(folder)) }

  var count: Int { items.withLock { $0.count } }

  /// Messages given up through this value.
  var givenUp: Int { counts.withLock { $0.givenUp } }

  /// Removes lines that cannot be read from the document, once.
  /// - Returns: how many there were.
  func removeDamaged() throws(Failure) -> Int {
    let damaged = counts.withLock { $0.damaged }
    guard damaged > 0 else { return 0 }
    _ = try change { _ in }
    counts.withLock { $0.damaged = 0 }
    return damaged
  }

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

  /// Removes an item whose events have not come.
  func giveUp(_ item: DetailsItem) throws(Failure) {
    try remove(item)
    counts.withLock { $0.givenUp += 1 }
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
