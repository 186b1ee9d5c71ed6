// Columns without a rule: written under the mapping's prefix in snake case, objects flattened; they never overwrite a
// field of a rule.

internal import IntakeCore

struct UnmappedColumns {
  /// Beyond so many fields an object stays together, as JSON text.
  private static let mostFields = 256

  /// The name being written, without prefix and quotes.
  var name: [UInt8] = []
  /// Names written for this row, one after the other, and where each ends.
  private var written: [UInt8] = []
  private var ends: [Int] = []

  static func write(
    _ row: borrowing RowScanner, _ page: RawSpan, _ plan: borrowing Plan, _ diagnostics: inout RowDiagnostics,
    to line: inout LineWriter
  ) {
    let hasProperties = row.hasText(plan.propertiesSlot)
    let hasReply = row.hasText(plan.repliesSlot)
    guard !row.others.isEmpty || hasProperties || hasReply else { return }
    guard !plan.othersPrefix.isEmpty else { return }
    var columns = UnmappedColumns()
    if hasProperties || hasReply { columns.writeProperties(row, page, plan, &diagnostics, to: &line) }
    for column in row.others {
      columns.name.removeAll(keepingCapacity: true)
      let path = plan.nodePaths[column.node]
      for index in path.start..<path.end { columns.name.append(plan.pool[index]) }
      columns.appendKey(page, column.keyStart, column.keyEnd, isEscaped: column.keyIsEscaped)
      columns.writeValue(page, column.value, plan, &diagnostics, to: &line)
    }
  }

  private mutating func appendKey(_ page: RawSpan, _ start: Int, _ end: Int, isEscaped: Bool) {
    guard isEscaped else { return ColumnName.appendSnakeCase(page, start, end, to: &name) }
    var decoded: [UInt8] = []
    Text.decode(page, start, end, to: &decoded)
    ColumnName.appendSnakeCase(unsafe decoded.span.bytes, 0, decoded.count, to: &name)
  }

  private mutating func writeValue(
    _ page: RawSpan, _ value: Range<Int>, _ plan: borrowing Plan, _ diagnostics: inout RowDiagnostics,
    to line: inout LineWriter
  ) {
    switch page.byte(value.lowerBound) {
    case UInt8(ascii: "n"): return
    case UInt8(ascii: "{") where ends.count < Self.mostFields:
      return writeMembers(page, value, plan, &diagnostics, to: &line)
    case UInt8(ascii: "\"") where value.count == 2: return
    default: break
    }
    let start = line.count
    writeName(plan, to: &line)
    if let hidden = plan.redactor?.hides(page, value) {
      line.appendEscaped(unsafe hidden.span.bytes, 0, hidden.count)
      return line.append(.comma)
    }
    if writeLeaf(page, value, &diagnostics, to: &line) {
      line.append(.comma)
    } else {
      line.drop(to: start)
    }
  }

  private mutating func writeMembers(
    _ page: RawSpan, _ value: Range<Int>, _ plan: borrowing Plan, _ diagnostics: inout RowDiagnostics,
    to line: inout LineWriter
  ) {
    let length = name.count
    name.append(UInt8(ascii: "."))
    var index = value.lowerBound
    // The row was read before: the value is a whole object.
    try? page.forEachMember(&index) { key, index throws(JSONFault) in
      let start = index
      try page.skipValue(&index)
      name.removeSubrange((length + 1)...)
      appendKey(page, key.lowerBound, key.upperBound, isEscaped: key.contains { page.byte($0) == .backslash })
      writeValue(page, start..<index, plan, &diagnostics, to: &line)
    }
    name.removeSubrange(length...)
  }

  /// `"prefix.name":`, moved aside where a rule or an earlier column has the name.
  mutating func writeName(_ plan: borrowing Plan, to line: inout LineWriter) {
    let isTaken = plan.takenNames.contains { taken in
      taken.end - taken.start == name.count && name.indices.allSatisfy { plan.pool[taken.start + $0] == name[$0] }
    }
    let first = written.count
    if isTaken { written.append(contentsOf: Array("extra.".utf8)) }
    written.append(contentsOf: name)
    let length = written.count
    var number = 1
    while isRepeated(first) {
      number += 1
      written.removeSubrange(length...)
      written.append(contentsOf: Array("_\(number)".utf8))
    }
    ends.append(written.count)
    line.append(unsafe plan.pool.span.bytes, plan.othersPrefix.start, plan.othersPrefix.end)
    line.append(unsafe written.span.bytes, first, written.count)
    line.append(LineWriter.quote)
    line.append(UInt8(ascii: ":"))
  }

  private func isRepeated(_ first: Int) -> Bool {
    var start = 0
    for end in ends {
      if end - start == written.count - first,
        (0..<(end - start)).allSatisfy({ written[start + $0] == written[first + $0] })
      {
        return true
      }
      start = end
    }
    return false
  }

  /// False if nothing was written.
  private func writeLeaf(
    _ page: RawSpan, _ value: Range<Int>, _ diagnostics: inout RowDiagnostics, to line: inout LineWriter
  ) -> Bool {
    switch page.byte(value.lowerBound) {
    case UInt8(ascii: "\""): writeString(page, value, &diagnostics, to: &line)
    case UInt8(ascii: "t"), UInt8(ascii: "f"): line.append(page, value.lowerBound, value.upperBound)
    case UInt8(ascii: "n"): return false
    case UInt8(ascii: "["): return writeArray(page, value, &diagnostics, to: &line)
    case UInt8(ascii: "{"): writeJSONText(page, value, &diagnostics, to: &line)
    default: writeNumber(page, value, &diagnostics, to: &line)
    }
    return true
  }

  private func writeString(
    _ page: RawSpan, _ value: Range<Int>, _ diagnostics: inout RowDiagnostics, to line: inout LineWriter
  ) {
    let (start, end) = (value.lowerBound + 1, value.upperBound - 1)
    var index = value.lowerBound
    let isPlain = (try? page.skipString(&index))?.isEmpty ?? false
    guard !isPlain || end - start > Text.longest else { return line.appendQuoted(page, start, end) }
    let findings = (try? Text.inspect(page, start, end)) ?? Text.Findings(isClean: false)
    diagnostics.flags.formUnion(findings.flags)
    guard !findings.isClean || end - start > Text.longest else { return line.appendQuoted(page, start, end) }
    var decoded: [UInt8] = []
    Text.decode(page, start, end, to: &decoded)
    noteLength(of: decoded, &diagnostics)
    line.appendEscaped(unsafe decoded.span.bytes, 0, decoded.count, limit: Text.longest)
  }

  /// Says of a text that will be cut what it was.
  func noteLength(of text: [UInt8], _ diagnostics: inout RowDiagnostics) {
    guard text.count > Text.longest else { return }
    diagnostics.cut(TruncatedValue(column: name, whole: text))
  }

  /// Numbers that any reader of JSON can hold; others as text.
  private func writeNumber(
    _ page: RawSpan, _ value: Range<Int>, _ diagnostics: inout RowDiagnostics, to line: inout LineWriter
  ) {
    var isWhole = true
    var hasExponent = false
    for index in value {
      let byte = page.byte(index)
      if byte == UInt8(ascii: ".") { isWhole = false }
      if byte | 0x20 == UInt8(ascii: "e") { hasExponent = true }
    }
    let fits = isWhole && !hasExponent ? wholeFits(page, value) : value.count <= 24 && !hasExponent
    if fits { return line.append(page, value.lowerBound, value.upperBound) }
    diagnostics.flags.insert(.numberRange)
    if value.count > Text.longest { noteLength(of: value.map { page.byte($0) }, &diagnostics) }
    line.appendQuoted(page, value.lowerBound, min(value.upperBound, value.lowerBound + Text.longest))
  }

  private func wholeFits(_ page: RawSpan, _ value: Range<Int>) -> Bool {
    guard value.count <= 20 else { return false }
    var digits: [UInt8] = []
    for index in value { digits.append(page.byte(index)) }
    return Int64(String(decoding: digits, as: UTF8.self)) != nil
  }

  /// Arrays of plain values stay arrays, without nulls and empty texts; others become their JSON text.
  private func writeArray(
    _ page: RawSpan, _ value: Range<Int>, _ diagnostics: inout RowDiagnostics, to line: inout LineWriter
  ) -> Bool {
    let start = line.count
    line.append(UInt8(ascii: "["))
    var index = value.lowerBound + 1
    page.skipSpace(&index)
    while index < value.upperBound - 1 {
      let first = index
      guard page.byte(first) != .openBrace, page.byte(first) != .openBracket, (try? page.skipValue(&index)) != nil
      else {
        line.drop(to: start)
        writeJSONText(page, value, &diagnostics, to: &line)
        return true
      }
      let isEmpty = page.byte(first) == .quote && index - first == 2
      if !isEmpty, writeLeaf(page, first..<index, &diagnostics, to: &line) { line.append(.comma) }
      page.skipSpace(&index)
      if page.byte(index) == .comma { index += 1 }
      page.skipSpace(&index)
    }
    guard line.count > start + 1 else { return false }
    line.replaceLast(with: UInt8(ascii: "]"))
    return true
  }

  private func writeJSONText(
    _ page: RawSpan, _ value: Range<Int>, _ diagnostics: inout RowDiagnostics, to line: inout LineWriter
  ) {
    if value.count > Text.longest { noteLength(of: value.map { page.byte($0) }, &diagnostics) }
    line.appendEscaped(page, value.lowerBound, value.upperBound, limit: Text.longest)
  }
}
