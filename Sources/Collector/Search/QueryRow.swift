// A row for people and filters: the columns that both services share, under one name each, and the row as it came.

package import IntakeCore

/// One message to one recipient.
package struct QueryRow: Sendable, Equatable {
  /// nil where the row holds no time that can be read.
  package var received: Instant?
  /// Empty where the row has none.
  package var sender: String
  package var recipient: String
  package var subject: String
  /// As the service spells it.
  package var status: String
  package var traceID: String
  package var messageID: String
  package var fromIP: String
  package var toIP: String
  package var size: String
  /// The row as received, on one line without its LF.
  package var json: [UInt8]

  init(_ columns: RowColumns, json: [UInt8]) {
    received = columns.instant("received", "receiveddatetime")
    sender = columns.text("senderaddress", "senderemail")
    recipient = columns.text("recipientaddress", "recipientemail")
    subject = columns.text("subject")
    status = columns.text("status", "deliverystatus")
    traceID = columns.text("messagetraceid", "id")
    messageID = columns.text("messageid")
    fromIP = columns.text("fromip", "sourceipaddress")
    toIP = columns.text("toip", "destinationipaddress")
    size = columns.text("size")
    self.json = json
  }

  /// From one row of either service; nil if it is no JSON object.
  package init?(json: [UInt8]) {
    let bytes = RowColumns.compact(json, 0..<json.count)
    guard let columns = RowColumns(bytes) else { return nil }
    self.init(columns, json: bytes)
  }

  /// What tells two rows apart: both services hold one row for a message and recipient at any moment.
  var key: [UInt8] {
    guard !traceID.isEmpty, !recipient.isEmpty else { return json }
    return Array("\(traceID.lowercasedASCII)\n\(recipient.lowercasedASCII)".utf8)
  }

  /// The rows of a page. A row of the 2021 shape is one message: it becomes a row for each recipient within it.
  static func rows(of page: Page) -> (rows: [QueryRow], unreadable: Int) {
    var rows: [QueryRow] = []
    var unreadable = 0
    for range in page.rows {
      let bytes = RowColumns.compact(page.bytes, range)
      guard let columns = RowColumns(bytes) else {
        unreadable += 1
        continue
      }
      guard let recipients = columns.raw["recipients"] else {
        rows.append(QueryRow(columns, json: bytes))
        continue
      }
      rows += split(columns, Array(bytes[recipients]), message: bytes, around: recipients)
    }
    return (rows, unreadable)
  }

  /// Of the rows that one message becomes.
  private static let mostBytes = 16 << 20

  private static func split(
    _ columns: RowColumns, _ recipients: [UInt8], message: [UInt8], around range: Range<Int>
  ) -> [QueryRow] {
    let elements = RowColumns.elements(recipients)
    guard !elements.isEmpty else { return [QueryRow(columns, json: message)] }
    // Each row repeats the message without its recipients: a hostile one could fill the memory.
    guard elements.count * (message.count - range.count) <= Self.mostBytes else { return [] }
    return elements.compactMap { element in
      guard let inner = RowColumns(Array(recipients[element])) else { return nil }
      var json = Array(message[..<range.lowerBound])
      json.append(UInt8(ascii: "["))
      json += recipients[element]
      json.append(UInt8(ascii: "]"))
      json += message[range.upperBound...]
      var row = QueryRow(columns, json: json)
      row.recipient = inner.text("recipientemail", "recipientaddress")
      row.status = inner.text("deliverystatus", "status")
      return row
    }
  }
}
