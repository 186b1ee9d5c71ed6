// The event data of a detail row: each of its values, and what CustomData and the remote server's reply hold inside.

internal import IntakeCore

extension UnmappedColumns {
  /// A field for each property; the column's text where it does not parse.
  mutating func writeProperties(
    _ row: borrowing RowScanner, _ page: RawSpan, _ plan: borrowing Plan, _ diagnostics: inout RowDiagnostics,
    to line: inout LineWriter
  ) {
    let properties = row.properties(page, plan)
    if properties == nil { writeText(row, page, plan, &diagnostics, to: &line) }
    for property in properties ?? [] {
      write(property.name, property.text, isPlain: property.isPlain, plan, &diagnostics, to: &line)
    }
    let status = properties?.first { $0.name == Array("RecipientStatus".utf8) }?.string
    if let reply = status.flatMap({ DetailsReply($0) })
      ?? row.string(plan.repliesSlot, page).flatMap({ DetailsReply($0) })
    {
      writeReply(reply, plan, &diagnostics, to: &line)
    }
    for property in properties ?? [] where property.name == Array("CustomData".utf8) {
      for field in DetailsCustomData.fields(property.string) {
        write(Array(field.name.utf8), Array(field.value.utf8), below: "custom.", plan, &diagnostics, to: &line)
      }
    }
  }

  private mutating func writeReply(
    _ reply: DetailsReply, _ plan: borrowing Plan, _ diagnostics: inout RowDiagnostics, to line: inout LineWriter
  ) {
    let values = [
      ("smtp_reply", reply.line), ("smtp_code", reply.code), ("smtp_enhanced_code", reply.enhancedCode),
      ("remote_server", reply.server), ("remote_ip", reply.address),
    ]
    for (name, value) in values {
      guard let value else { continue }
      write(Array(name.utf8), Array(value.utf8), plan, &diagnostics, to: &line)
    }
  }

  /// A column that does not parse, whole.
  private func writeText(
    _ row: borrowing RowScanner, _ page: RawSpan, _ plan: borrowing Plan, _ diagnostics: inout RowDiagnostics,
    to line: inout LineWriter
  ) {
    diagnostics.flags.insert(.invalidXML)
    guard !plan.propertiesOtherwise.isEmpty, plan.redactor?.hidesLocalPart != true else { return }
    line.append(unsafe plan.pool.span.bytes, plan.propertiesOtherwise.start, plan.propertiesOtherwise.end)
    row.writeText(plan.propertiesSlot, page, to: &line)
    line.append(.comma)
  }

  private mutating func write(
    _ column: [UInt8], _ value: [UInt8], below prefix: String = "", isPlain: Bool = false, _ plan: borrowing Plan,
    _ diagnostics: inout RowDiagnostics, to line: inout LineWriter
  ) {
    guard !value.isEmpty else { return }
    name = Array(prefix.utf8)
    ColumnName.appendSnakeCase(unsafe column.span.bytes, 0, column.count, to: &name)
    writeName(plan, to: &line)
    let text = plan.redactor?.hides(unsafe value.span.bytes, 0..<value.count) ?? value
    noteLength(of: text, &diagnostics)
    if isPlain, text.count <= Text.longest {
      line.append(unsafe text.span.bytes, 0, text.count)
    } else {
      line.appendEscaped(unsafe text.span.bytes, 0, text.count, limit: Text.longest)
    }
    line.append(.comma)
  }
}

extension RowScanner {
  /// Those of the row's event data, none for a row without; nil where they do not parse.
  func properties(_ page: RawSpan, _ plan: borrowing Plan) -> [ExchangeProperty]? {
    guard hasText(plan.propertiesSlot) else { return [] }
    let slot = slots[plan.propertiesSlot & 63]
    return slot.isDecoded
      ? ExchangeProperties.parse(unsafe decoded.span.bytes, slot.start, slot.end)
      : ExchangeProperties.parse(page, slot.start, slot.end)
  }

  /// The text of a slot; nil if it has none.
  func string(_ index: Int, _ page: RawSpan) -> String? {
    guard hasText(index) else { return nil }
    let slot = slots[index & 63]
    guard !slot.isDecoded else { return String(decoding: decoded[slot.start..<slot.end], as: UTF8.self) }
    return String(decoding: (slot.start..<slot.end).map { page.byte($0) }, as: UTF8.self)
  }
}

extension ExchangeProperty {
  var string: String { String(decoding: text, as: UTF8.self) }
}
