// The progress of a backfill: a document of its own beside the checkpoint, written after each slice's commit. If it is lost or
// old, slices are read again, and the ledger leaves out what was delivered.

internal import IntakeCore

struct BackfillProgress: Sendable, Equatable {
  enum Order: String, Sendable, CaseIterable { case newest, oldest }

  var span: Window
  var order: Order
  /// Of the span, from the end that comes first.
  var done: Duration = .zero
  var tally = Tally()
  var updated: Instant
  /// Both ends as typed: `-24h` means another instant at each call, and still the same span of an unfinished run.
  var asked: [String] = []

  init(span: Window, order: Order, updated: Instant) {
    self.span = span
    self.order = order
    self.updated = updated
  }

  var isComplete: Bool { done >= span.span }

  /// The next slice of at most `length`, nil when all is done.
  func next(_ length: Duration) -> Window? {
    guard !isComplete else { return nil }
    switch order {
    case .oldest:
      let start = span.start + done
      return Window(start: start, end: min(span.end, start + length))
    case .newest:
      let end = span.end - done
      return Window(start: max(span.start, end - length), end: end)
    }
  }

  var text: String {
    let percent = span.span > .zero ? Int(100 * done.inSeconds / span.span.inSeconds) : 100
    return "\(Timestamp.text(span.start)) to \(Timestamp.text(span.end)), \(order.rawValue) first: "
      + "\(percent) %, \(tally.rows) rows, \(tally.emitted) events"
  }

  var json: JSONValue {
    .object([
      .init("from", .string(Timestamp.exactText(span.start))), .init("to", .string(Timestamp.exactText(span.end))),
      .init("order", .string(order.rawValue)), .init("doneTicks", .number("\(done.ticks)")),
      .init("windows", .number("\(tally.windows)")), .init("pages", .number("\(tally.pages)")),
      .init("rows", .number("\(tally.rows)")), .init("events", .number("\(tally.emitted)")),
      .init("leftOut", .number("\(tally.duplicates)")), .init("updated", JSONValue(updated)),
      .init("asked", .array(asked.map { .string($0) })),
    ])
  }

  init?(_ value: JSONValue) {
    guard let start = value["from"]?.instant, let end = value["to"]?.instant, start < end,
      let order = value["order"]?.string.flatMap(Order.init(rawValue:)), let done = value["doneTicks"]?.integer,
      done >= 0, let updated = value["updated"]?.instant
    else { return nil }
    self.init(span: Window(start: start, end: end), order: order, updated: updated)
    self.done = min(.ticks(done), span.span)
    asked = (value["asked"]?.array ?? []).compactMap(\.string)
    tally.windows = value["windows"].count
    tally.pages = value["pages"].count
    tally.rows = value["rows"].count
    tally.emitted = value["events"].count
    tally.duplicates = value["leftOut"].count
  }
}

extension BackfillProgress {
  /// nil where no backfill is under way.
  static func read(_ documents: any StateDocuments) -> BackfillProgress? {
    guard let bytes = try? documents.read(DocumentName.backfill), let value = try? JSONValue(parsing: bytes)
    else { return nil }
    return BackfillProgress(value)
  }

  func write(_ documents: any StateDocuments) throws(Failure) {
    try documents.replace(DocumentName.backfill, with: Array("\(json.text)\n".utf8), isDurable: false)
  }

  /// After the last slice: the same call later reads the span again.
  static func remove(_ documents: any StateDocuments) { try? documents.remove(DocumentName.backfill) }
}
