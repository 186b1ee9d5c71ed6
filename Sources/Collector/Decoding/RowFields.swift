// One text field of many rows, without reading the rows: for counting recipients of a message.

internal import IntakeCore

enum RowFields {
  /// The raw bytes of a top-level string field of the object in `row`, quotes left out; nil where it is missing, of another
  /// type, or the row is no object.
  static func string(_ key: StaticString, of row: Range<Int>, in span: RawSpan) -> Range<Int>? {
    var index = row.lowerBound
    guard span.byte(index) == 0x7B else { return nil }
    index += 1
    span.skipSpace(&index)
    do {
      while index < row.upperBound, span.byte(index) == 0x22 {
        let name = index + 1
        try span.skipKey(&index)
        let value = index
        try span.skipLoosely(&index)
        let isWanted = span.matches(name, key) && span.byte(name + key.utf8CodeUnitCount) == 0x22
        if isWanted { return span.byte(value) == 0x22 ? (value + 1)..<(index - 1) : nil }
        span.skipSpace(&index)
        guard span.byte(index) == 0x2C else { return nil }
        index += 1
        span.skipSpace(&index)
      }
    } catch {
      return nil
    }
    return nil
  }

  /// A field of every row as bytes; rows without it give nil.
  static func strings(_ key: StaticString, of page: Page) -> [[UInt8]?] {
    let span = unsafe page.bytes.span.bytes
    return page.rows.map { row in string(key, of: row, in: span).map { Array(page.bytes[$0]) } }
  }
}
