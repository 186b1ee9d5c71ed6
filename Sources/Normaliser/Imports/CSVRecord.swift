// One record of a CSV text, as places of its cells. RFC 4180; a quote opens a cell only at its beginning.

internal import IntakeCore

/// The cells of the record that was read last; one value for a file, so that its memory is used again.
struct CSVRecord: Sendable {
  /// A cell without its quotes.
  struct Cell: Sendable {
    var range: Range<Int>
    /// True if the place is in `own`: the cell is spelled otherwise in the text.
    var isOwn = false
  }

  var separator = UInt8(ascii: ",")
  /// True for a file whose lines end in CR alone; LF ends a line all the same.
  var endsWithCR = false
  private(set) var cells: [Cell] = []
  /// Where a quote stands that nothing closes up to the end of the text, or only a quote on a later line that text follows,
  /// which opens a cell of another record more likely.
  private(set) var openQuote: Int?
  /// Cells with doubled quotes, resolved.
  private(set) var own: [UInt8] = []

  /// Reads the record at `start`; where the next one begins, nil where there is no whole one.
  mutating func read(_ text: RawSpan, from start: Int, isLast: Bool) -> Int? {
    cells.removeAll(keepingCapacity: true)
    own.removeAll(keepingCapacity: true)
    openQuote = nil
    var index = start
    while true {
      let isQuoted = text.byte(index) == .quote && index < text.byteCount
      guard isQuoted ? readQuoted(text, &index, isLast: isLast) : readPlain(text, &index) else { return nil }
      if index < text.byteCount, text.byte(index) == separator {
        index += 1
        continue
      }
      guard index < text.byteCount || isLast else { return nil }
      return min(index + 1, text.byteCount)
    }
  }

  /// The bytes of a cell.
  func bytes(_ cell: Cell, of text: [UInt8]) -> ArraySlice<UInt8> { cell.isOwn ? own[cell.range] : text[cell.range] }

  /// Where the line that `start` is in ends: at its LF or its CR alone, or the end of the text.
  func lineEnd(_ text: RawSpan, from start: Int) -> Int {
    guard endsWithCR else { return text.firstIndex(of: .lineFeed, from: start) }
    var index = start
    while index < text.byteCount, !isLineEnd(text.byte(index)) { index += 1 }
    return index
  }

  @inline(__always)
  private func isLineEnd(_ byte: UInt8) -> Bool { byte == .lineFeed || (endsWithCR && byte == .carriageReturn) }

  /// Up to the separator or the end of the line, whose CR is left out.
  private mutating func readPlain(_ text: RawSpan, _ index: inout Int) -> Bool {
    let start = index
    while index < text.byteCount, text.byte(index) != separator, !isLineEnd(text.byte(index)) { index += 1 }
    let isLast = index == text.byteCount || isLineEnd(text.byte(index))
    let end = isLast && index > start && text.byte(index - 1) == .carriageReturn ? index - 1 : index
    cells.append(Cell(range: start..<end))
    return true
  }

  /// False where the closing quote, or what follows it, has not been read yet.
  private mutating func readQuoted(_ text: RawSpan, _ index: inout Int, isLast: Bool) -> Bool {
    let start = index + 1
    index = start
    var hasQuotes = false
    while true {
      index = text.firstIndex(of: .quote, from: index)
      if index >= text.byteCount, openQuote == nil { openQuote = start - 1 }
      guard index + 1 < text.byteCount || isLast else { return false }
      guard index < text.byteCount else { break }
      guard text.byte(index + 1) == .quote, index + 1 < text.byteCount else { break }
      hasQuotes = true
      index += 2
    }
    let end = index
    index = min(index + 1, text.byteCount)
    let isPlain = !hasQuotes && endsCell(text, index) && text.byte(end - 1) != .carriageReturn
    if isPlain {
      cells.append(Cell(range: start..<end))
      if !endsWithCR, text.byte(index) == .carriageReturn { index += 1 }
    } else {
      if openQuote == nil, lineEnd(text, from: start) < end, isFollowedByText(text, index) { openQuote = start - 1 }
      let first = own.count
      readAnew(text, start..<end, &index)
      cells.append(Cell(range: first..<own.count, isOwn: true))
    }
    return true
  }

  /// True if more than white space stands between a closing quote and the end of the cell.
  private func isFollowedByText(_ text: RawSpan, _ start: Int) -> Bool {
    var index = start
    while index < text.byteCount, text.byte(index) != separator, !isLineEnd(text.byte(index)) {
      if text.byte(index) > .space { return true }
      index += 1
    }
    return false
  }

  /// True if nothing follows the closing quote but the end of the cell.
  private func endsCell(_ text: RawSpan, _ index: Int) -> Bool {
    let byte = text.byte(index)
    if index >= text.byteCount || byte == separator || isLineEnd(byte) { return true }
    return byte == .carriageReturn && (index + 1 >= text.byteCount || text.byte(index + 1) == .lineFeed)
  }

  /// A cell byte by byte: quotes halved, text behind the closing quote kept, the CR of the line's end left out.
  private mutating func readAnew(_ text: RawSpan, _ quoted: Range<Int>, _ index: inout Int) {
    let first = own.count
    var inside = quoted.lowerBound
    while inside < quoted.upperBound {
      own.append(text.byte(inside))
      inside += text.byte(inside) == .quote ? 2 : 1
    }
    while index < text.byteCount, text.byte(index) != separator, !isLineEnd(text.byte(index)) {
      own.append(text.byte(index))
      index += 1
    }
    let isLast = index == text.byteCount || isLineEnd(text.byte(index))
    if isLast, own.count > first, own.last == .carriageReturn { own.removeLast() }
  }
}
