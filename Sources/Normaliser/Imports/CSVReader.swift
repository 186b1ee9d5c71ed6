// CSV exports to rows as the legacy service would give them. RFC 4180; comma, semicolon or tab, as the header shows.

internal import IntakeCore

/// Reads records off a growing text and spells each as a JSON object.
struct CSVReader: Sendable {
  private static let rowsInPage = 5_000
  private static let longestRecord = 4 << 20

  let file: String
  private let dates: DatePattern?
  private let hasBadPattern: Bool
  private var separator = UInt8(ascii: ",")
  private var columns: [String] = []
  private var shape = ""

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
        "Reading the date format: invalid date format; use y M d H h m s f tt and punctuation.",
        hint: "Examples: M/d/yyyy h:mm:ss tt, dd/MM/yyyy HH:mm:ss.")
    }
    var pages: [RawPage] = []
    var page = Page(bytes: [], rows: [])
    var used = 0
    while let record = record(text, &used, isLast: isLast) {
      if record.count == 1, record[0].isEmpty || record[0].starts(with: Array("#TYPE".utf8)) { continue }
      guard !columns.isEmpty else {
        try readHeader(record)
        continue
      }
      try append(record, to: &page)
      guard page.rows.count >= Self.rowsInPage else { continue }
      pages.append(RawPage(mapping: shape, page: page))
      page = Page(bytes: [], rows: [])
    }
    text.removeFirst(used)
    guard text.count <= Self.longestRecord || isLast else {
      throw RawInput.refusal(file, "a record exceeds 4 MiB; a quote may be unclosed")
    }
    if !page.rows.isEmpty { pages.append(RawPage(mapping: shape, page: page)) }
    return pages
  }

  /// The next record's cells; nil where there is no whole one.
  private mutating func record(_ text: [UInt8], _ used: inout Int, isLast: Bool) -> [[UInt8]]? {
    guard used < text.count else { return nil }
    if columns.isEmpty { separator = Self.separator(of: text[used...]) }
    var cells: [[UInt8]] = []
    var cell: [UInt8] = []
    var index = used
    var isQuoted = false
    while index < text.count {
      let byte = text[index]
      index += 1
      if isQuoted {
        guard byte == .quote else {
          cell.append(byte)
          continue
        }
        guard index < text.count || isLast else { return nil }
        if index < text.count, text[index] == .quote {
          cell.append(byte)
          index += 1
        } else {
          isQuoted = false
        }
      } else if byte == .quote, cell.isEmpty {
        isQuoted = true
      } else if byte == separator {
        cells.append(cell)
        cell = []
      } else if byte == .lineFeed {
        if cell.last == .carriageReturn { cell.removeLast() }
        used = index
        return cells + [cell]
      } else {
        cell.append(byte)
      }
    }
    guard isLast else { return nil }
    used = text.count
    if cell.last == .carriageReturn { cell.removeLast() }
    return cells + [cell]
  }

  /// Of comma, semicolon and tab, the one that the first line has most of.
  private static func separator(of text: ArraySlice<UInt8>) -> UInt8 {
    let line = text.prefix { $0 != .lineFeed }
    let counts = [UInt8(ascii: ","), UInt8(ascii: ";"), UInt8(ascii: "\t")].map { mark in
      (mark, line.filter { $0 == mark }.count)
    }
    return counts.max { $0.1 < $1.1 }?.0 ?? UInt8(ascii: ",")
  }

  private mutating func readHeader(_ record: [[UInt8]]) throws(Failure) {
    let names = record.map { String(decoding: $0, as: UTF8.self) }
    columns = names.map { ExportColumns.canonical($0) }
    if names.contains(where: { ASCII.lowerCased($0) == "date_time_utc" }) {
      throw RawInput.refusal(
        file, "it is an extended historical search, with a row for each step of a message",
        hint: "Run the historical search with the report type MessageTrace.")
    }
    guard let mapping = ExportColumns.mapping(columns) else {
      let seen = names.prefix(12).map { Log.clean($0, limit: 40) }.joined(separator: ", ")
      throw RawInput.refusal(file, "no known column; found \(seen)")
    }
    shape = mapping
  }

  /// One row, or one for each recipient of a historical search's.
  private func append(_ record: [[UInt8]], to page: inout Page) throws(Failure) {
    guard record.dropFirst(columns.count).allSatisfy(\.isEmpty) else { return appendBroken(record, to: &page) }
    guard let index = columns.firstIndex(of: ExportColumns.recipientStatus), index < record.count else {
      return try append(record, recipient: nil, to: &page)
    }
    let recipients = ExportColumns.recipients(record[index])
    guard !recipients.isEmpty else { return try append(record, recipient: nil, to: &page) }
    for recipient in recipients { try append(record, recipient: recipient, to: &page) }
  }

  private func append(
    _ record: [[UInt8]], recipient: (address: [UInt8], status: [UInt8])?, to page: inout Page
  ) throws(Failure) {
    if !page.bytes.isEmpty { page.bytes.append(.lineFeed) }
    let start = page.bytes.count
    page.bytes.append(.openBrace)
    for (column, cell) in zip(columns, record) where !cell.isEmpty {
      if recipient != nil, column == ExportColumns.recipientStatus { continue }
      let isDate = ExportColumns.dates.contains(column)
      Self.append(column, isDate ? try isoDate(cell, column) : cell, to: &page.bytes)
      if column == ExportColumns.directionality, let direction = HistoricalStatus.direction(cell) {
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
  private func appendBroken(_ record: [[UInt8]], to page: inout Page) {
    if !page.bytes.isEmpty { page.bytes.append(.lineFeed) }
    let start = page.bytes.count
    page.bytes.append(.openBracket)
    for cell in record { Self.appendText(cell, to: &page.bytes) }
    page.bytes.removeLast()
    page.bytes.append(.closeBracket)
    page.rows.append(start..<page.bytes.count)
  }

  /// A date as ISO 8601: as it stands, or by the pattern; one that does not fit the pattern stays for the event to flag.
  private func isoDate(_ cell: [UInt8], _ column: String) throws(Failure) -> [UInt8] {
    let span = unsafe cell.span.bytes
    if Received.parse(span, 0, cell.count) != nil { return cell }
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
    output.append(.quote)
    for byte in text {
      if byte == .quote || byte == .backslash { output.append(.backslash) }
      if byte < .space { JSONText.appendUnicodeEscape(UInt16(byte), to: &output) } else { output.append(byte) }
    }
    output.append(.quote)
    output.append(.comma)
  }
}
