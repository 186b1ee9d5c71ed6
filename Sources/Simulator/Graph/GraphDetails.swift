// Delivery events of one message to one recipient, as Graph gives them.

internal import IntakeCore

/// `messageTraces/{id}/getDetailsByRecipient(recipientAddress='…')`
struct GraphDetails {
  let simulation: Simulation
  let version: String

  /// - Parameter parts: of the path, behind `messageTraces`.
  func body(_ parts: [String]) throws(GraphError) -> [UInt8] {
    let lowered = parts.map { $0.lowercased() }
    guard parts.count == 2, let tokens = FilterText.tokens(parts[1]), tokens.count == 6,
      lowered[1].hasPrefix("getdetailsbyrecipient(") || lowered[1].hasPrefix("microsoft.graph.getdetailsbyrecipient("),
      tokens[1] == .mark("("), tokens[2].name == "recipientaddress", tokens[3] == .mark("="),
      case .text(let recipient) = tokens[4], tokens[5] == .mark(")")
    else { throw GraphError(404, "ResourceNotFound", "Resource not found for the segment '\(parts.last ?? "")'.") }
    return write(find(lowered[0], recipient.lowercased()))
  }

  private func find(_ id: String, _ recipient: String) -> SimulatedRow? {
    let tenant = simulation.tenant
    for number in 0..<tenant.messages {
      let words = tenant.traceWords(number)
      guard SimulatedTenant.guid(words.0, words.1) == id else { continue }
      return tenant.rows(of: number).first { $0.recipient.lowercased() == recipient }
    }
    return nil
  }

  /// An unknown pair gives an empty collection.
  private func write(_ row: SimulatedRow?) -> [UInt8] {
    var output = ODataBytes()
    output.raw("{")
    if version == "v1.0" {
      output.raw(
        #""@odata.context":"https://graph.microsoft.com/v1.0/$metadata#Collection(microsoft.graph.exchangeMessageTraceDetail)","#
      )
    }
    output.raw(#""value":["#)
    let events = row.map { DeliveryEvent.events(of: $0, now: simulation.now) } ?? []
    for (number, event) in events.enumerated() {
      output.raw(number > 0 ? "," : "")
      output.raw(
        version == "beta" ? ##"{"@odata.type":"#microsoft.graph.exchangeMessageTraceDetail","id":"## : #"{"id":"#)
      output.quote(row?.message.traceID)
      output.member("messageId", row?.message.messageID ?? "")
      output.raw(#","dateTime":"#)
      output.time(event.at)
      output.member("event", event.event)
      output.member("action", event.action)
      output.member("description", event.description)
      output.member("data", event.data)
      output.raw("}")
    }
    output.raw("]}")
    return output.bytes
  }
}
