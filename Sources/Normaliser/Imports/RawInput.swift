// What `normalise` reads: whole answers of either service, arrays, a row a line, CSV exports. Bytes in pieces come in,
// pages with the mapping that fits them go out; the format is detected from the content, never from the name.

package import IntakeCore

/// Options that cannot be detected from the file.
package struct RawOptions: Sendable {
  /// How an export spells its dates where it is not ISO 8601, such as `M/d/yyyy h:mm:ss tt`. Never guessed.
  package var dateFormat: String?
  /// Makes rows of the delivery events inside a message of the 2021 draft. False for rows that go out as they came, which
  /// hold them already.
  package var splitsEvents: Bool

  package init(dateFormat: String? = nil, splitsEvents: Bool = true) {
    self.dateFormat = dateFormat
    self.splitsEvents = splitsEvents
  }
}

/// Rows of one shape.
package struct RawPage: Sendable {
  /// The name of the mapping that fits: `reporting`, `graph`, `graph-2021`, `reporting-detail`, `graph-detail`.
  package var mapping: String
  package var page: Page
  /// Whole sentences on rows that the file lacks or that cannot be mapped; the page may be without rows then.
  package var warnings: [String] = []
}

/// One file or stream on its way to pages. Memory is bounded by the largest JSON document in it; lines and CSV records
/// pass through in pages of a few thousand.
package struct RawInput: Sendable {
  private enum Format: Sendable {
    case unknown
    case json(JSONSequence)
    case csv(CSVReader)
    /// An Atom feed, read when it is whole.
    case atom
  }

  /// More than one zero byte in so many at the beginning: not text.
  private static let oneZeroIn = 40

  private let file: String
  private let options: RawOptions
  private var format = Format.unknown
  private var encoding = TextEncoding()
  /// Text, as UTF-8, that no page has taken yet.
  private var text: [UInt8] = []

  /// - Parameter file: for errors.
  package init(file: String, options: RawOptions = RawOptions()) {
    self.file = file
    self.options = options
  }

  /// The name of the mapping that fits a row; nil for one of no known shape.
  package static func shape(of row: [UInt8]) -> String? { RowShape.of(unsafe row.span.bytes, 0..<row.count) }

  /// A whole file.
  package static func pages(
    _ bytes: [UInt8], file: String, options: RawOptions = RawOptions()
  ) throws(Failure) -> [RawPage] {
    var input = RawInput(file: file, options: options)
    return try input.take(bytes, isLast: true)
  }

  /// The pages that are whole after the next piece, which `read` appends; nil, as `read` says with false, at the file's end.
  ///
  /// Nothing is copied of UTF-8, and memory is used again once the pages given before are gone.
  package mutating func pages(
    reading read: (_ text: inout [UInt8]) throws(Failure) -> Bool
  ) throws(Failure) -> [RawPage]? {
    guard encoding.isTaken else {
      var piece: [UInt8] = []
      return try read(&piece) ? try take(piece, isLast: false) : nil
    }
    return try read(&text) ? try pages(isLast: false) : nil
  }

  /// The pages that are whole after the next piece of the file.
  /// - Parameter isLast: true with the last piece, which may be empty.
  /// - Throws: for a file that holds no rows of a known shape (exit code 65), naming what it holds.
  package mutating func take(_ piece: [UInt8], isLast: Bool) throws(Failure) -> [RawPage] {
    guard encoding.append(piece, isLast: isLast, to: &text) else { throw refusal("it is neither UTF-8 nor UTF-16LE") }
    return try pages(isLast: isLast)
  }

  private mutating func pages(isLast: Bool) throws(Failure) -> [RawPage] {
    if case .unknown = format { try chooseFormat(isLast: isLast) }
    switch format {
    case .unknown: return []
    case .json(var sequence):
      format = .unknown
      defer { format = .json(sequence) }
      return try sequence.take(&text, isLast: isLast)
    case .csv(var rows):
      defer { format = .csv(rows) }
      return try rows.take(&text, isLast: isLast)
    case .atom:
      guard text.count <= JSONSequence.largestDocument else { throw refusal("one feed in it is larger than 256 MiB") }
      return isLast ? try feed() : []
    }
  }

  /// The rows of an Atom feed, the default answer of the legacy service.
  private mutating func feed() throws(Failure) -> [RawPage] {
    let feed: AtomFeed?
    do { feed = try AtomFeed(text) } catch {
      throw refusal("it looks like XML or HTML, but is not a whole feed: \(error.reason), at byte \(error.offset)")
    }
    guard let feed else { throw refusal("it looks like XML or HTML, but is not a feed of message traces") }
    guard let first = feed.rows.first else { return [] }
    guard let shape = RowShape.of(unsafe feed.bytes.span.bytes, first) else {
      throw refusal("the entries of its feed have none of the known columns")
    }
    text = []
    return [RawPage(mapping: shape, page: Page(bytes: feed.bytes, rows: feed.rows))]
  }

  /// Waits for a first line, or 64 KiB, or the end.
  private mutating func chooseFormat(isLast: Bool) throws(Failure) {
    // Dropped at once: a file of blanks would be searched anew with each piece.
    if let blanks = text.firstIndex(where: { $0 != .space && $0 != .lineFeed && $0 != .carriageReturn && $0 != .tab }) {
      if blanks > 0 { text.removeFirst(blanks) }
    } else {
      text.removeAll(keepingCapacity: true)
    }
    guard let first = text.first else {
      if isLast { throw refusal("it is empty") }
      return
    }
    try refusePacked()
    guard isLast || text.count >= 65_536 || text.dropFirst(2).contains(.lineFeed) else { return }
    switch first {
    case UInt8(ascii: "{"), UInt8(ascii: "["):
      format = .json(JSONSequence(file: file, splitsEvents: options.splitsEvents))
    case UInt8(ascii: "<"): format = .atom
    default: format = .csv(CSVReader(file: file, options: options))
    }
  }

  /// Refuses what is no text, by how it begins.
  private func refusePacked() throws(Failure) {
    if text.starts(with: [0x1F, 0x8B]) {
      throw Self.refusal(
        file, "it is compressed with gzip", hint: "Decompress it first: gzip -dc FILE | message-trace normalise")
    }
    if text.starts(with: [0x50, 0x4B, 0x03, 0x04]) {
      throw Self.refusal(
        file, "it is a zip archive or an Excel workbook", hint: "Unpack it, or save the workbook as CSV (UTF-8).")
    }
    // One among much text is a damaged value, which costs at most its row.
    let begin = text.prefix(512)
    guard text.first != 0, begin.count(where: { $0 == 0 }) * Self.oneZeroIn <= begin.count else {
      throw refusal("it contains NUL bytes; not a text file")
    }
  }

  private func refusal(_ reason: String) -> Failure { Self.refusal(file, reason) }

  static func refusal(_ file: String, _ reason: String, hint: String? = nil) -> Failure {
    Failure(
      "input.shape", exit: .badData, "Reading message traces from \(file): \(reason).",
      hint: hint
        ?? "Supported: responses of either service, Get-MessageTrace rows as JSON (array or one per line), CSV exports."
    )
  }
}

/// UTF-8 with or without a byte order mark, or UTF-16LE with or without one (Windows PowerShell, historical searches).
struct TextEncoding: Sendable {
  private enum Kind { case unknown, utf8, utf16 }

  private var kind = Kind.unknown
  private var rest: [UInt8] = []

  /// True if pieces are UTF-8 and may be appended as they are.
  var isTaken: Bool { kind == .utf8 && rest.isEmpty }

  /// Appends a piece as UTF-8; false for other encodings.
  mutating func append(_ piece: [UInt8], isLast: Bool, to text: inout [UInt8]) -> Bool {
    if kind == .unknown {
      rest += piece
      guard rest.count >= 4 || isLast else { return true }
      guard choose() else { return false }
      return append([], isLast: isLast, to: &text)
    }
    if kind == .utf8 {
      text += rest
      text += piece
      rest = []
      return true
    }
    rest += piece
    return appendUTF16(isLast: isLast, to: &text)
  }

  private mutating func choose() -> Bool {
    if rest.starts(with: [0xFE, 0xFF]) { return false }
    if rest.starts(with: [0xFF, 0xFE]) {
      rest.removeFirst(2)
      kind = .utf16
    } else if rest.starts(with: [0xEF, 0xBB, 0xBF]) {
      rest.removeFirst(3)
      kind = .utf8
    } else {
      let isWide = rest.count >= 4 && rest[0] != 0 && rest[1] == 0 && rest[2] != 0 && rest[3] == 0
      kind = isWide ? .utf16 : .utf8
    }
    return true
  }

  /// A high surrogate at the end of a piece waits for the next.
  private mutating func appendUTF16(isLast: Bool, to text: inout [UInt8]) -> Bool {
    var units: [UInt16] = []
    units.reserveCapacity(rest.count / 2)
    var used = 0
    while used + 1 < rest.count {
      units.append(UInt16(rest[used]) | UInt16(rest[used + 1]) << 8)
      used += 2
    }
    if !isLast, let last = units.last, last & 0xFC00 == 0xD800 {
      units.removeLast()
      used -= 2
    }
    rest.removeFirst(used)
    text += Array(String(decoding: units, as: UTF16.self).utf8)
    return !isLast || rest.isEmpty
  }
}
