// CSV exports to rows as the legacy service would give them: comma, semicolon or tab, as the header shows.

internal import IntakeCore

/// Reads records off a growing text and spells each as a JSON object.
struct CSVReader: Sendable {
  private static let rowsInPage = 5_000
  private static let longestRecord = 4 << 20

  private enum Kind: Sendable { case text, date, recipientStatus, directionality }

  private struct Column: Sendable {
    /// Of `"name":` in `keys`.
    var key: Range<Int>
    var kind: Kind
  }

  let file: String
  private let dates: DatePattern?
  private let hasBadPattern: Bool
  var record = CSVRecord()
  private var names: [String] = []
  private var columns: [Column] = []
  private var keys: [UInt8] = []
  private var shape = ""
  private var hasRows = false
  /// Bytes and lines of the file that were taken before.
  var consumed = 0
  var lines = 0
  /// Where in the file a text ends whose quote is not closed: lines before may be its, if they are no whole records.
  var doubtfulEnd = 0
  /// For the next page.
  var warnings: [String] = []
  var warningsLeft = 10

  /// True once the header has been read.
  var hasHeader: Bool { !columns.isEmpty }

  init(file: String, options: RawOptions) {
    self.file = file
    dates = options.dateFormat.flatMap { DatePattern($0) }
    hasBadPattern = options.dateFormat != nil && dates == nil
  }

  /// Takes whole records off the front of `text`.
  mutating func take(_ text: inout [UInt8], isLast: Bool) throws(Failure) -> [RawPage] {
    if hasBadPattern {
      throw Failure(
        .dateFormat, exit: .usage,
        "Reading the date format: invalid date format; use y M d H h m s f tt, each once, and punctuation.",
        hint: "Examples: M/d/yyyy h:mm:ss tt, dd/MM/yyyy HH:mm:ss.")
    }
    var pages: [RawPage] = []
    var page = Page(bytes: [], rows: [])
    var used = 0
    let bytes = text
    let span = unsafe bytes.span.bytes
    while used < bytes.count {
      if columns.isEmpty, !chooseMarks(bytes[used...], isLast: isLast) { break }
      let next = record.read(span, from: used, isLast: isLast)
      if let quote = record.openQuote, next != nil || bytes.count - used > Self.longestRecord {
        guard let end = try skipUnclosed(bytes, used, quote: quote, next: next, to: &page) else { break }
        used = end
      } else if let next {
        let isDoubtful = consumed + used < doubtfulEnd
        used = next
        try take(bytes, isDoubtful: isDoubtful, to: &page)
      } else {
        break
      }
      if page.rows.count >= Self.rowsInPage { flush(&page, into: &pages) }
    }
    lines += record.lineEnds(span, 0..<used)
    consumed += used
    if used > 0 { text = Array(bytes[used...]) }
    guard text.count <= Self.longestRecord || isLast else { throw RawInput.refusal(file, "a record exceeds 4 MiB") }
    flush(&page, into: &pages)
    if isLast, !hasRows { throw RawInput.refusal(file, "it has no row, only a header") }
    return pages
  }

  private mutating func flush(_ page: inout Page, into pages: inout [RawPage]) {
    guard !page.rows.isEmpty else { return }
    pages.append(RawPage(mapping: shape, page: page, warnings: warnings))
    page = Page(bytes: [], rows: [])
    warnings = []
    hasRows = true
  }

  /// Takes the record that was read.
  /// - Parameter isDoubtful: true for what may be part of a text; see `doubtfulEnd`.
  private mutating func take(_ bytes: [UInt8], isDoubtful: Bool, to page: inout Page) throws(Failure) {
    if isBlank(bytes) { return }
    guard hasHeader else { return try readHeader(bytes) }
    guard !isDoubtful || record.cells.count >= columns.count else { return appendBroken(bytes, to: &page) }
    try append(bytes, to: &page)
  }

  /// Learns separator and line end from the line before the header's end; false where that end has not been read yet.
  private mutating func chooseMarks(_ text: ArraySlice<UInt8>, isLast: Bool) -> Bool {
    record.separator = Self.separator(of: text)
    guard let end = text.firstIndex(where: { $0 == .lineFeed || $0 == .carriageReturn }) else { return true }
    guard end + 1 < text.endIndex || isLast else { return false }
    record.endsWithCR = text[end] == .carriageReturn && (end + 1 == text.endIndex || text[end + 1] != .lineFeed)
    return true
  }

  /// True for an empty line and for PowerShell's line of types.
  private func isBlank(_ text: [UInt8]) -> Bool {
    guard record.cells.count == 1, let cell = record.cells.first else { return false }
    let bytes = record.bytes(cell, of: text)
    return bytes.isEmpty || bytes.starts(with: Array("#TYPE".utf8))
  }

  /// Of comma, semicolon and tab, the one that the first line has most of.
  private static func separator(of text: ArraySlice<UInt8>) -> UInt8 {
    let line = text.prefix { $0 != .lineFeed && $0 != .carriageReturn }
    let counts = [UInt8.comma, UInt8(ascii: ";"), .tab].map { mark in (mark, line.filter { $0 == mark }.count) }
    return counts.max { $0.1 < $1.1 }?.0 ?? .comma
  }

  private mutating func readHeader(_ text: [UInt8]) throws(Failure) {
    let names = record.cells.map { String(decoding: record.bytes($0, of: text), as: UTF8.self) }
    self.names = names.map { ExportColumns.canonical($0) }
    columns = self.names.map { name in
      let start = keys.count
      keys += Array("\(JSONText.quoted(name)):".utf8)
      return Column(key: start..<keys.count, kind: Self.kind(name))
    }
    if names.contains(where: { ASCII.lowerCased($0) == "date_time_utc" }) {
      throw RawInput.refusal(
        file, "it is an extended historical search, with a row for each step of a message",
        hint: "Run the historical search with the report type MessageTrace.")
    }
    guard let mapping = ExportColumns.mapping(self.names) else {
      let seen = names.prefix(12).map { Log.clean($0, limit: 40) }.joined(separator: ", ")
      throw RawInput.refusal(file, "no known column; found \(seen)")
    }
    shape = mapping
  }

  private static func kind(_ name: String) -> Kind {
    switch name {
    case ExportColumns.recipientStatus: .recipientStatus
    case ExportColumns.directionality: .directionality
    default: ExportColumns.dates.contains(name) ? .date : .text
    }
  }

  /// One row, or one for each recipient of a historical search's.
  private func append(_ text: [UInt8], to page: inout Page) throws(Failure) {
    let surplus = record.cells.dropFirst(columns.count)
    guard surplus.allSatisfy({ $0.range.isEmpty }) else { return appendBroken(text, to: &page) }
    guard let index = columns.firstIndex(where: { $0.kind == .recipientStatus }), index < record.cells.count else {
      return try append(text, recipient: nil, to: &page)
    }
    let recipients = ExportColumns.recipients(Array(record.bytes(record.cells[index], of: text)))
    guard !recipients.isEmpty else { return try append(text, recipient: nil, to: &page) }
    for recipient in recipients { try append(text, recipient: recipient, to: &page) }
  }

  private func append(
    _ text: [UInt8], recipient: (address: [UInt8], status: [UInt8])?, to page: inout Page
  ) throws(Failure) {
    if !page.bytes.isEmpty { page.bytes.append(.lineFeed) }
    let start = page.bytes.count
    page.bytes.append(.openBrace)
    let (span, own) = unsafe (text.span.bytes, record.own.span.bytes)
    let keys = unsafe keys.span.bytes
    for index in 0..<min(columns.count, record.cells.count) {
      let (column, cell) = (columns[index], record.cells[index])
      if cell.range.isEmpty || (recipient != nil && column.kind == .recipientStatus) { continue }
      Self.copy(keys, column.key, to: &page.bytes)
      if column.kind == .date {
        let date = Array(record.bytes(cell, of: text))
        Self.appendText(try isoDate(date, names[index]), to: &page.bytes)
      } else {
        Self.appendText(cell.isOwn ? own : span, cell.range, to: &page.bytes)
      }
      if column.kind == .directionality,
        let direction = HistoricalStatus.direction(Array(record.bytes(cell, of: text)))
      {
        Self.append("Direction", direction, to: &page.bytes)
      }
    }
    if let recipient {
      Self.append("RecipientAddress", recipient.address, to: &page.bytes)
      Self.append("Status", recipient.status, to: &page.bytes)
    }
    if page.bytes.last == .comma { page.bytes.removeLast() }
    page.bytes.append(.closeBrace)
    page.rows.append(start..<page.bytes.count)
  }

  /// A record with more cells than there are columns: which cell belongs to which cannot be told, so it becomes an array,
  /// which leaves as an error event with all of it inside.
  private func appendBroken(_ text: [UInt8], to page: inout Page) {
    Self.appendList(record.cells.map { Array(record.bytes($0, of: text)) }, to: &page)
  }

  static func appendList(_ cells: [[UInt8]], to page: inout Page) {
    if !page.bytes.isEmpty { page.bytes.append(.lineFeed) }
    let start = page.bytes.count
    page.bytes.append(.openBracket)
    for cell in cells { appendText(cell, to: &page.bytes) }
    page.bytes.removeLast()
    page.bytes.append(.closeBracket)
    page.rows.append(start..<page.bytes.count)
  }

  /// A date as ISO 8601: as it stands, or by the pattern; one that does not fit the pattern stays for the event to flag.
  private func isoDate(_ cell: [UInt8], _ column: String) throws(Failure) -> [UInt8] {
    if Received.parse(unsafe cell.span.bytes, 0, cell.count) != nil { return cell }
    guard let dates else {
      throw Failure(
        .dateFormat, exit: .badData,
        "Reading message traces from \(file): ambiguous dates in column \(column): their format depends on the "
          + "exporting machine's locale.",
        hint: "Set their format, such as --date-format 'M/d/yyyy h:mm:ss tt'; times are read as UTC.")
    }
    return dates.parse(cell).map { Array(Timestamp.exactText($0).utf8) } ?? cell
  }

  /// `"name":"text",` ; bytes that are not UTF-8 stay for the normaliser to mend.
  private static func append(_ name: String, _ text: [UInt8], to output: inout [UInt8]) {
    JSONText.append(name, to: &output)
    output.append(.colon)
    appendText(text, to: &output)
  }

  /// `"text",`
  private static func appendText(_ text: [UInt8], to output: inout [UInt8]) {
    appendText(unsafe text.span.bytes, 0..<text.count, to: &output)
  }

  private static func appendText(_ span: RawSpan, _ range: Range<Int>, to output: inout [UInt8]) {
    output.append(.quote)
    var first = range.lowerBound
    for index in range {
      let byte = span.byte(index)
      guard byte == .quote || byte == .backslash || byte < .space else { continue }
      copy(span, first..<index, to: &output)
      first = index + 1
      if byte < .space {
        JSONText.appendUnicodeEscape(UInt16(byte), to: &output)
      } else {
        output.append(.backslash)
        output.append(byte)
      }
    }
    copy(span, first..<range.upperBound, to: &output)
    output.append(.quote)
    output.append(.comma)
  }

  @inline(__always)
  private static func copy(_ span: RawSpan, _ range: Range<Int>, to output: inout [UInt8]) {
    unsafe span.extracting(range).withUnsafeBytes { unsafe output.append(contentsOf: $0) }
  }
}
