// Delivery events from Graph: getDetailsByRecipient, and the draft of 2021.

internal import HTTPTransport
package import IntakeCore

extension GraphSource: DetailedSearching {
  package var detailsNeedRow: Bool { false }

  package func details(_ key: DetailsKey) async throws(Failure) -> [DetailsStep] {
    guard version != .beta2021 else { return try await draftDetails(key) }
    do {
      return DetailsStep.steps(
        of: try await details(of: key.traceID, recipient: key.recipient), recipient: key.recipient)
    } catch {
      guard error.code == .notFound else { throw error }
      return []
    }
  }

  /// `messageTraces(id='…')?$expand=recipients($filter=recipientEmail eq '…';$expand=events)`
  private func draftDetails(_ key: DetailsKey) async throws(Failure) -> [DetailsStep] {
    let expand = "recipients($filter=recipientEmail eq \(ODataLiteral.text(key.recipient));$expand=events)"
    var request = Request(
      .get, draftAddress(key.traceID).withQuery(PercentEncoding.form([("$expand", expand)])), headers: Self.headers,
      purpose: "Reading delivery events from Graph")
    request.bodyCap = DetailsLimit.bytes
    guard let body = try await client.object(request) else { return [] }
    return Self.draftSteps(body, key)
  }

  /// The events of each recipient with that address, in the columns of later generations.
  static func draftSteps(_ body: [UInt8], _ key: DetailsKey) -> [DetailsStep] {
    let bytes = RowColumns.compact(body, 0..<body.count)
    guard let message = RowColumns(bytes), let list = message.raw["recipients"] else { return [] }
    let recipients = Array(bytes[list])
    return RowColumns.elements(recipients).flatMap { element -> [DetailsStep] in
      let recipient = Array(recipients[element])
      guard let columns = RowColumns(recipient), let list = columns.raw["events"],
        columns.text("recipientemail").lowercased() == key.recipient.lowercased()
      else { return [] }
      let events = Array(recipient[list])
      return RowColumns.elements(events).compactMap { draftStep(Array(events[$0]), message, key) }
    }
  }

  private static func draftStep(_ event: [UInt8], _ message: RowColumns, _ key: DetailsKey) -> DetailsStep? {
    guard let columns = RowColumns(event) else { return nil }
    let members: [(String, String)] = [
      ("id", message.text("id")), ("messageId", message.text("messageid")), ("dateTime", columns.text("datetime")),
      ("event", columns.text("eventtype", "event")), ("description", columns.text("description")),
      ("data", columns.text("data")), ("senderAddress", message.text("senderemail")),
      ("recipientAddress", key.recipient),
    ]
    let object = JSONValue.object(members.filter { !$0.1.isEmpty }.map { .init($0.0, .string($0.1)) })
    let json = Array(object.text.utf8)
    return RowColumns(json).map { DetailsStep($0, json: json) }
  }
}
