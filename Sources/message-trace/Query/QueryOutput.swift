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
  static let csvHeader =
    "Received,SenderAddress,RecipientAddress,Subject,Status,ToIP,FromIP,Size,MessageId,MessageTraceId\n"

  /// CSV after RFC 4180, safe against formula injection.
  static func csv(_ rows: some Sequence<QueryRow>) -> String {
    var text = ""
    for row in rows {
      let cells = [
        row.received.map(Timestamp.text) ?? "", row.sender, row.recipient, row.subject, row.status, row.toIP,
        row.fromIP, row.size, row.messageID, row.traceID,
      ]
      text += cells.map(cell).joined(separator: ",") + "\n"
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
