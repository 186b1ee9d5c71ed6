// The machine-readable formats of `query`: events, raw rows, CSV.

internal import Collector
internal import IntakeCore
internal import Normaliser

enum QueryOutput {
  /// The rows as received, one per line.
  static func raw(_ rows: some Sequence<[UInt8]>) -> [UInt8] {
    var output: [UInt8] = []
    for row in rows {
      output += row
      output.append(0x0A)
    }
    return output
  }

  /// The rows as events.
  static func events(_ rows: some Sequence<[UInt8]>, _ normaliser: RowNormaliser, created: Instant) -> [UInt8] {
    var page = Page(bytes: [], rows: [])
    for row in rows {
      let start = page.bytes.count
      page.bytes += row
      page.rows.append(start..<page.bytes.count)
    }
    var batch = Batch()
    var ledger = PassthroughLedger()
    var events: [UInt8] = []
    repeat {
      batch.clear()
      normaliser.normalise(page, created: created, into: &batch, ledger: &ledger)
      events += batch.bytes
    } while batch.rest != nil
    return events
  }

  /// The cmdlet's column names.
  private static let names = [
    "Received", "SenderAddress", "RecipientAddress", "Subject", "Status", "ToIP", "FromIP", "Size", "MessageId",
    "MessageTraceId",
  ]
  static let csvHeader = names.joined(separator: ",") + "\n"
  /// Spreadsheets take a file that begins with a byte order mark for UTF-8. RFC 4180 ends lines with CR LF.
  static let excelHeader = "\u{FEFF}" + names.joined(separator: ",") + "\r\n"

  private static func cells(_ row: QueryRow) -> [String] {
    [
      row.received.map(Timestamp.text) ?? "", row.sender, row.recipient, row.subject, row.status, row.toIP,
      row.fromIP, row.size, row.messageID, row.traceID,
    ]
  }

  /// CSV after RFC 4180, safe against formula injection.
  static func csv(_ rows: some Sequence<QueryRow>, lineEnd: String = "\n") -> String {
    var text = ""
    for row in rows { text += cells(row).map(cell).joined(separator: ",") + lineEnd }
    return text
  }

  /// Elements of one JSON array: objects with the cmdlet's names.
  /// - Parameter isFirst: true if the array has no element yet.
  static func json(_ rows: some Sequence<QueryRow>, isFirst: Bool) -> String {
    var separator = isFirst ? "[\n" : ",\n"
    var text = ""
    for row in rows {
      let members = zip(names, cells(row)).map { name, value in
        JSONValue.Member(name, name == "Size" && Int64(value) != nil ? .number(value) : .string(value))
      }
      text += separator + JSONValue.object(members).text
      separator = ",\n"
    }
    return text
  }

  /// A quoted cell; an apostrophe is put before a value that a spreadsheet would evaluate.
  static func cell(_ value: String) -> String {
    let visible = TerminalText.visible(value)
    let quote = UInt8(ascii: "\"")
    guard let first = visible.unicodeScalars.first(where: { $0 != " " }) else { return "\"\(visible)\"" }
    let isFormula = "=+-@＝＋－＠".unicodeScalars.contains(first)
    let quoted =
      visible.utf8.contains(quote)
      ? visible.split(separator: "\"", omittingEmptySubsequences: false).joined(separator: "\"\"") : visible
    return "\"\(isFormula ? "'" : "")\(quoted)\""
  }
}
