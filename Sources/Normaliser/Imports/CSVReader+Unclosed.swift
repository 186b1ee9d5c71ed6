// A quote in a CSV export that nothing closes: it costs its own line, not the rows behind it.

internal import IntakeCore

extension CSVReader {
  /// Takes the lines from a record's beginning to the end of the line with the quote as one row that cannot be mapped.
  /// Where to go on; nil where that end has not been read yet.
  /// - Parameters:
  ///   - quote: where the quote stands.
  ///   - next: where the record ends if the quote is taken for one; nil for an end that was not found.
  mutating func skipUnclosed(
    _ bytes: [UInt8], _ start: Int, quote: Int, next: Int?, to page: inout Page
  ) throws(Failure) -> Int? {
    let span = unsafe bytes.span.bytes
    let line = lines + record.lineEnds(span, 0..<quote) + 1
    guard hasHeader else { throw RawInput.refusal(file, "a quote in its header, on line \(line), is not closed") }
    let end = record.lineEnd(span, from: quote)
    guard end < bytes.count || next != nil else { return nil }
    doubtfulEnd = max(doubtfulEnd, consumed + (next ?? bytes.count))
    let last = end > start && bytes[end - 1] == .carriageReturn ? end - 1 : end
    Self.appendList([Array(bytes[start..<last])], to: &page)
    if warningsLeft > 0 {
      warningsLeft -= 1
      warnings.append(
        "Reading message traces from \(file): the quote that line \(line) opens is not closed; "
          + "the line leaves as an error event, and the lines after it are read as rows.")
    }
    return min(end + 1, bytes.count)
  }
}

extension CSVRecord {
  /// How many lines end in a range; CR LF is one end.
  func lineEnds(_ text: RawSpan, _ range: Range<Int>) -> Int {
    var count = 0
    var index = lineEnd(text, from: range.lowerBound)
    while index < range.upperBound {
      let isPair = endsWithCR && text.byte(index) == .carriageReturn && text.byte(index + 1) == .lineFeed
      if !isPair { count += 1 }
      index = lineEnd(text, from: index + 1)
    }
    return count
  }
}
