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
  /// Spans that are read after this one, oldest first; they neither overlap nor touch.
  private(set) var waiting: [Window] = []

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

  /// Adds a span that is to be read after this one. The same call with a later end continues this span: only what lies
  /// beyond its end is added.
  /// - Parameters:
  ///   - wanted: the span that is asked for now.
  ///   - words: both ends as typed.
  /// - Returns: where the added span starts, nil if this one covers it.
  mutating func append(_ wanted: Window, asked words: [String]) -> Instant? {
    let start = isContinued(by: wanted, words) ? max(wanted.start, span.end) : wanted.start
    guard start < wanted.end else { return nil }
    var union = Window(start: start, end: wanted.end)
    for other in waiting where other.start <= union.end && union.start <= other.end {
      union = Window(start: min(union.start, other.start), end: max(union.end, other.end))
    }
    waiting.removeAll { union.start <= $0.start && $0.end <= union.end }
    waiting = (waiting + [union]).sorted { $0.start < $1.start }
    return start
  }

  /// True if the call that asks for this span is the one that began this progress.
  func isContinued(by wanted: Window, _ words: [String]) -> Bool {
    span.start == wanted.start || (asked == words && span.start <= wanted.start && wanted.start < span.end)
  }

  /// Goes on to the next span that waits.
  /// - Returns: false if there is none.
  mutating func takeWaiting(_ order: Order) -> Bool {
    guard let next = waiting.first else { return false }
    waiting.removeFirst()
    (span, self.order, done) = (next, order, .zero)
    return true
  }

  /// Leaves out what is still to be read before an instant.
  /// - Returns: what is left out, nil for nothing.
  mutating func leaveOut(before floor: Instant) -> Window? {
    guard let rest = next(span.span), rest.start < floor else { return nil }
    let lost = Window(start: rest.start, end: min(floor, rest.end))
    switch order {
    case .oldest: done += lost.span
    case .newest where lost.end == rest.end: done = span.span
    case .newest: span.start = floor
    }
    return lost
  }

  var text: String {
    let percent = span.span > .zero ? Int(100 * done.inSeconds / span.span.inSeconds) : 100
    return "\(Timestamp.text(span.start)) to \(Timestamp.text(span.end)), \(order.rawValue) first: "
      + "\(percent) %, \(tally.rows) rows, \(tally.emitted) events" + (waiting.isEmpty ? "" : "; \(waiting.count) more")
  }

  var json: JSONValue {
    .object([
      .init("from", .string(Timestamp.exactText(span.start))), .init("to", .string(Timestamp.exactText(span.end))),
      .init("order", .string(order.rawValue)), .init("doneTicks", .number("\(done.ticks)")),
      .init("windows", .number("\(tally.windows)")), .init("pages", .number("\(tally.pages)")),
      .init("rows", .number("\(tally.rows)")), .init("events", .number("\(tally.emitted)")),
      .init("leftOut", .number("\(tally.duplicates)")), .init("updated", JSONValue(updated)),
      .init("asked", .array(asked.map { .string($0) })),
      .init(
        "waiting",
        .array(
          waiting.map { window in
            .object([
              .init("from", .string(Timestamp.exactText(window.start))),
              .init("to", .string(Timestamp.exactText(window.end))),
            ])
          })),
    ])
  }

  init?(_ value: JSONValue) {
    guard let span = Self.window(value),
      let order = value["order"]?.string.flatMap(Order.init(rawValue:)), let done = value["doneTicks"]?.integer,
      done >= 0, let updated = value["updated"]?.instant
    else { return nil }
    self.init(span: span, order: order, updated: updated)
    self.done = min(.ticks(done), span.span)
    waiting = (value["waiting"]?.array ?? []).compactMap(Self.window)
    asked = (value["asked"]?.array ?? []).compactMap(\.string)
    tally.windows = value["windows"].count
    tally.pages = value["pages"].count
    tally.rows = value["rows"].count
    tally.emitted = value["events"].count
    tally.duplicates = value["leftOut"].count
  }

  private static func window(_ value: JSONValue) -> Window? {
    guard let start = value["from"]?.instant, let end = value["to"]?.instant, start < end else { return nil }
    return Window(start: start, end: end)
  }
}

extension BackfillProgress {
  /// nil where no backfill is under way.
  static func read(_ documents: any StateDocuments) -> BackfillProgress? { try? unfinished(documents) }

  /// nil where no backfill is under way.
  /// - Throws: `backfill.damaged` where the document is no progress: its span is not known.
  static func unfinished(_ documents: any StateDocuments) throws(Failure) -> BackfillProgress? {
    guard let bytes = try documents.read(DocumentName.backfill) else { return nil }
    guard let progress = (try? JSONValue(parsing: bytes)).flatMap({ BackfillProgress($0) }) else {
      throw Failure(
        "backfill.damaged", exit: .badData, "Reading the progress of an unfinished backfill: the document is damaged.",
        hint: "Give that backfill up with --discard, and read its whole range again.")
    }
    return progress
  }

  func write(_ documents: any StateDocuments) throws(Failure) {
    try documents.replace(DocumentName.backfill, with: Array("\(json.text)\n".utf8), isDurable: true)
  }

  /// After the last slice: the same call later reads the span again.
  static func remove(_ documents: any StateDocuments) { try? documents.remove(DocumentName.backfill) }
}
