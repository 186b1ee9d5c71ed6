// JSON documents one after the other: answers, arrays, rows. Where each stands on a line of its own, a broken line costs
// only itself.

internal import IntakeCore

/// Cuts documents off a growing text.
struct JSONSequence: Sendable {
  static let largestDocument = 256 << 20
  private static let rowsInPage = 5_000
  /// Text without an end of line of which nothing is read yet: most answers are smaller.
  private static let longestStart = 8 << 20
  /// Memory that is kept to be used again.
  private static let largestSpare = 1 << 20

  let file: String
  /// True once it is known that every line is a document; nil before.
  private var isLines: Bool?
  /// Of the first text: the line that is known to be a document.
  private var whole: Range<Int>?
  /// Scanning is tried again when the text has grown to this size.
  private var nextTry = 0
  private(set) var lastShape: String?
  /// The columns of the row before, where it was of `lastShape` and holds no further rows.
  private var template = RowTemplate()
  private var consumed = 0
  /// The text before, whose memory is used again once its pages are gone.
  private var spare: [UInt8] = []
  private let splitsEvents: Bool
  var warned: Set<String> = []

  /// - Parameter splitsEvents: see `RawOptions`.
  init(file: String, splitsEvents: Bool) {
    self.file = file
    self.splitsEvents = splitsEvents
  }

  /// Takes whole documents off the front of `text`.
  mutating func take(_ text: inout [UInt8], isLast: Bool) throws(Failure) -> [RawPage] {
    guard isLast || text.count >= nextTry else { return [] }
    var pages: [RawPage] = []
    var used = 0
    let bytes = text
    let span = unsafe bytes.span.bytes
    if consumed == 0, Self.beginsAsAnswer(span, 0..<bytes.count) {
      // One line that has not ended is looked at once, when it is whole: most answers are smaller than that.
      if !isLast, text.count < Self.longestStart, span.firstIndex(of: .lineFeed, from: 0) == text.count {
        nextTry = text.count * 2
        return []
      }
      if isLast, let pages = try oneAnswer(bytes) {
        text = []
        return pages
      }
    }
    if isLines == nil { isLines = standsOnLines(span, isLast: isLast) }
    if isLines == nil, !isLast, text.count < Self.longestStart {
      nextTry = text.count * 2
      return []
    }
    if isLines == true {
      try takeLines(bytes, &used, isLast: isLast, into: &pages)
    } else {
      try takeDocuments(bytes, &used, isLast: isLast, into: &pages)
    }
    consumed += used
    if used > 0 { whole = nil }
    if used > 0 { keepRest(of: bytes, from: used, in: &text) }
    nextTry = used > 0 ? 0 : min(text.count * 2, Self.largestDocument)
    guard text.count < Self.largestDocument else {
      throw RawInput.refusal(file, "one JSON document in it is larger than 256 MiB")
    }
    return pages
  }

  /// The pages share the memory of `bytes`.
  private mutating func keepRest(of bytes: [UInt8], from used: Int, in text: inout [UInt8]) {
    var rest: [UInt8] = []
    swap(&rest, &spare)
    rest.removeAll(keepingCapacity: true)
    rest += bytes[used...]
    text = rest
    if bytes.capacity <= Self.largestSpare { spare = bytes }
  }

  /// The pages of a text that is one answer and nothing else; nil if it is not.
  private mutating func oneAnswer(_ bytes: [UInt8]) throws(Failure) -> [RawPage]? {
    guard let envelope = try? Envelope(bytes), !envelope.rows.isEmpty else { return nil }
    var pages: [RawPage] = []
    var run = Run()
    if envelope.cells.haveAll(envelope.rows.count), let first = envelope.rows.first {
      try addRow(bytes, first, to: &run, &pages)
      (run.rows, run.cells) = (envelope.rows, envelope.cells)
    } else {
      for row in envelope.rows { try addRow(bytes, row, to: &run, &pages) }
    }
    flush(bytes, &run, into: &pages)
    warn(of: envelope, &pages)
    return pages
  }

  /// True if the first line, or where that is broken the second, is a document by itself; nil if more must be seen.
  private mutating func standsOnLines(_ span: RawSpan, isLast: Bool) -> Bool? {
    var start = 0
    for _ in 0..<2 {
      span.skipSpace(&start)
      let end = span.firstIndex(of: .lineFeed, from: start)
      guard end < span.byteCount || isLast else { return nil }
      var index = start
      if (try? span.skipLoosely(&index)) != nil {
        guard index <= end else { return false }
        if consumed == 0 { whole = start..<index }
        span.skipSpace(&index)
        return index > end || index >= span.byteCount
      }
      // No JSON has two opening braces side by side: a line that begins like the first is a document of its own.
      guard span.byte(start) == .openBrace else { return false }
      guard end + 1 < span.byteCount || isLast else { return nil }
      guard span.byte(end + 1) == .openBrace else { return false }
      start = end
    }
    return false
  }

  private mutating func takeLines(
    _ bytes: [UInt8], _ used: inout Int, isLast: Bool, into pages: inout [RawPage]
  ) throws(Failure) {
    var run = Run()
    let span = unsafe bytes.span.bytes
    while used < bytes.count {
      if run.shape == lastShape, let next = takeKnown(span, &run, at: used) {
        used = next
        if run.rows.count >= Self.rowsInPage { flush(bytes, &run, into: &pages) }
        continue
      }
      let end = span.firstIndex(of: .lineFeed, from: used)
      guard end < bytes.count || isLast else { break }
      var start = used
      var last = end
      while start < last, bytes[start] <= .space { start += 1 }
      while last > start, bytes[last - 1] <= .space { last -= 1 }
      used = min(end + 1, bytes.count)
      guard start < last else { continue }
      var index = start
      if whole == start..<last || ((try? span.skipLoosely(&index)) != nil && index == last) {
        try add(bytes, start..<last, to: &run, &pages)
      } else {
        flush(bytes, &run, into: &pages)
        pages.append(brokenLine(Array(bytes[start..<last])))
      }
      if run.rows.count >= Self.rowsInPage { flush(bytes, &run, into: &pages) }
    }
    flush(bytes, &run, into: &pages)
  }

  /// Takes a row like the one before it; where the next line begins, nil for a line that has to be looked at.
  private func takeKnown(_ span: RawSpan, _ run: inout Run, at start: Int) -> Int? {
    guard var end = template.end(of: start, in: span, &run.cells) else { return nil }
    let row = start..<end
    if span.byte(end) == .carriageReturn { end += 1 }
    guard span.byte(end) == .lineFeed else {
      run.cells.removeLast()
      return nil
    }
    run.rows.append(row)
    return end + 1
  }

  private mutating func takeDocuments(
    _ bytes: [UInt8], _ used: inout Int, isLast: Bool, into pages: inout [RawPage]
  ) throws(Failure) {
    var run = Run()
    let span = unsafe bytes.span.bytes
    while true {
      var index = used
      span.skipSpace(&index)
      guard index < bytes.count else {
        used = bytes.count
        break
      }
      let start = index
      do {
        try span.skipLoosely(&index)
      } catch {
        guard error.reason == .unexpectedEnd, !isLast else {
          throw RawInput.refusal(
            file, "invalid JSON: \(error.reason.rawValue), at byte \(consumed + error.offset)")
        }
        break
      }
      used = index
      try add(bytes, start..<index, to: &run, &pages)
    }
    flush(bytes, &run, into: &pages)
  }

  /// Rows that stand beside each other and are of one shape.
  private struct Run {
    var shape = ""
    var rows = RowRanges()
    var cells = RowCells()
  }

  private mutating func add(
    _ bytes: [UInt8], _ value: Range<Int>, to run: inout Run, _ pages: inout [RawPage]
  ) throws(Failure) {
    let span = unsafe bytes.span.bytes
    var rows = [value]
    var answer: Envelope?
    if span.byte(value.lowerBound) == .openBracket {
      rows = Self.elements(span, value)
    } else if Self.beginsAsAnswer(span, value), let envelope = try? Envelope(Array(bytes[value])),
      !envelope.rows.isEmpty
    {
      answer = envelope
    } else if RowShape.of(span, value) == nil, let envelope = try? Envelope(Array(bytes[value])) {
      guard !envelope.hasError || !envelope.rows.isEmpty else {
        throw RawInput.refusal(file, "it contains a service error instead of rows")
      }
      answer = envelope
    }
    if let answer {
      rows = answer.rows.map { ($0.lowerBound + value.lowerBound)..<($0.upperBound + value.lowerBound) }
      warn(of: answer, &pages)
    }
    for row in rows { try addRow(bytes, row, to: &run, &pages) }
  }

  /// True for the first names of both services' answers, so that a large one is not searched for the columns of a row.
  private static func beginsAsAnswer(_ span: RawSpan, _ value: Range<Int>) -> Bool {
    var index = value.lowerBound + 1
    span.skipSpace(&index)
    return ["\"@odata.context\"", "\"odata.metadata\"", "\"value\"", "\"d\""].contains { (name: StaticString) in
      span.matches(index, name)
    }
  }

  private mutating func addRow(
    _ bytes: [UInt8], _ row: Range<Int>, to run: inout Run, _ pages: inout [RawPage]
  ) throws(Failure) {
    let span = unsafe bytes.span.bytes
    if run.shape == lastShape, isLike(span, row, &run) { return run.rows.append(row) }
    guard let shape = RowShape.of(span, row) ?? lastShape else {
      guard span.byte(row.lowerBound) == .openBrace else {
        throw RawInput.refusal(file, "its rows are not JSON objects")
      }
      throw RawInput.refusal(file, "no known column; found \(Self.list(span, row))")
    }
    if shape != run.shape { flush(bytes, &run, into: &pages) }
    run.shape = shape
    run.rows.append(row)
    lastShape = shape
    template.learn(span, row)
    if !isLike(span, row, &run) { run.cells.skip() }
    guard splitsEvents, shape == "graph-2021" else { return }
    let details = DraftEvents.rows(Array(bytes[row]))
    if !details.isEmpty { pages.append(RawPage(mapping: "graph-detail", page: Page(lines: details))) }
  }

  /// True if a row has the columns of the one before; the run's cells have it then.
  private func isLike(_ span: RawSpan, _ row: Range<Int>, _ run: inout Run) -> Bool {
    guard let end = template.end(of: row.lowerBound, in: span, &run.cells) else { return false }
    if end != row.upperBound { run.cells.removeLast() }
    return end == row.upperBound
  }

  /// A page of its own for a line that is no document: it can reach into no neighbour.
  private func brokenLine(_ line: [UInt8]) -> RawPage {
    let shape = RowShape.of(unsafe line.span.bytes, 0..<line.count) ?? lastShape ?? "reporting"
    return RawPage(mapping: shape, page: Page(bytes: line, rows: [0..<line.count]))
  }

  private static func list(_ span: RawSpan, _ row: Range<Int>) -> String {
    let names = RowShape.columns(span, row).prefix(12).map { Log.clean($0, limit: 40) }
    return names.isEmpty ? "no columns" : names.joined(separator: ", ")
  }

  private static func elements(_ span: RawSpan, _ array: Range<Int>) -> [Range<Int>] {
    var rows: [Range<Int>] = []
    var index = array.lowerBound + 1
    span.skipSpace(&index)
    while index < array.upperBound - 1 {
      let start = index
      guard (try? span.skipLoosely(&index)) != nil, index > start else { return rows }
      rows.append(start..<index)
      span.skipSpace(&index)
      if span.byte(index) == .comma { index += 1 }
      span.skipSpace(&index)
    }
    return rows
  }

  /// Makes a page of the rows that were gathered.
  private func flush(_ bytes: [UInt8], _ run: inout Run, into pages: inout [RawPage]) {
    guard !run.rows.isEmpty else { return }
    pages.append(RawPage(mapping: run.shape, page: Page(bytes: bytes, rows: run.rows, cells: run.cells)))
    (run.rows, run.cells) = (RowRanges(), RowCells())
  }
}
