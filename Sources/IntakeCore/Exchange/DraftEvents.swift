// Delivery events of the 2021 draft of Microsoft Graph, which stand inside the recipients of a message, as the rows that
// later generations give.

/// Turns `recipients[].events[]` of a message into rows of getDetailsByRecipient.
package enum DraftEvents {
  /// One JSON object for each event, on one line; the event's own id becomes `eventId`, since `id` is the trace id.
  /// - Parameters:
  ///   - message: one JSON object; anything else gives no rows.
  ///   - recipient: whose events are wanted, without regard to case; nil for those of all.
  package static func rows(_ message: [UInt8], of recipient: String? = nil) -> [[UInt8]] {
    let bytes = RowColumns.compact(message, 0..<message.count)
    guard let columns = RowColumns(bytes), let list = columns.raw["recipients"] else { return [] }
    let recipients = Array(bytes[list])
    return RowColumns.elements(recipients).flatMap { element -> [[UInt8]] in
      let bytes = Array(recipients[element])
      guard let found = RowColumns(bytes), let list = found.raw["events"] else { return [] }
      let address = found.text("recipientemail")
      guard recipient.map({ $0.lowercasedASCII == address.lowercasedASCII }) ?? true else { return [] }
      let events = Array(bytes[list])
      return RowColumns.elements(events).compactMap { element in
        RowColumns(Array(events[element])).map { row($0, columns, address) }
      }
    }
  }

  private static func row(_ event: RowColumns, _ message: RowColumns, _ recipient: String) -> [UInt8] {
    let members = [
      ("id", message.text("id")), ("messageId", message.text("messageid")), ("dateTime", event.text("datetime")),
      ("event", event.text("eventtype", "event")), ("description", event.text("description")),
      ("data", event.text("data")), ("senderAddress", message.text("senderemail")), ("recipientAddress", recipient),
      ("eventId", event.text("id")),
    ]
    return Array(JSONValue.object(members.filter { !$0.1.isEmpty }.map { .init($0.0, .string($0.1)) }).text.utf8)
  }
}
