// Delivery events from each service: Graph's getDetailsByRecipient, the legacy MessageTraceDetail, and the draft of 2021.

internal import HTTPTransport
package import IntakeCore

/// Which message to whom; sender and time make the legacy service's question exact.
package struct DetailsKey: Sendable, Hashable {
  package var traceID: String
  package var recipient: String
  package var sender: String
  package var received: Instant?

  package init(traceID: String, recipient: String, sender: String = "", received: Instant? = nil) {
    self.traceID = traceID
    self.recipient = recipient
    self.sender = sender
    self.received = received
  }
}

package protocol DetailedSearching: Searching {
  /// True if `details` needs to know sender and time.
  var detailsNeedRow: Bool { get }
  /// The steps of one message to one recipient, in the service's order; empty where it knows none.
  func details(_ key: DetailsKey) async throws(Failure) -> [DetailsStep]
}

extension DetailedSearching {
  /// The row behind a key, nil where there is none between two instants.
  package func row(_ key: DetailsKey, from start: Instant, to end: Instant) async throws(Failure) -> QueryRow? {
    let filter = QueryFilter([.traceID: [key.traceID], .recipient: [key.recipient]])
    return try await QuerySearch(source: self, filter: filter, start: start, end: end, most: 1).run().rows.first
  }
}

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
    let request = Request(
      .get, draftAddress(key.traceID).asking(PercentEncoding.form([("$expand", expand)])), headers: Self.headers,
      purpose: "Reading delivery events from Graph")
    guard let body = try await reader.object(request) else { return [] }
    return Self.draftSteps(body, key)
  }

  /// The events of each recipient with that address, in the columns of later generations.
  static func draftSteps(_ body: [UInt8], _ key: DetailsKey) -> [DetailsStep] {
    let bytes = QueryColumns.compact(body, 0..<body.count)
    guard let message = QueryColumns(bytes), let list = message.raw["recipients"] else { return [] }
    let recipients = Array(bytes[list])
    return QueryColumns.elements(recipients).flatMap { element -> [DetailsStep] in
      let recipient = Array(recipients[element])
      guard let columns = QueryColumns(recipient), let list = columns.raw["events"],
        columns.text("recipientemail").lowercased() == key.recipient.lowercased()
      else { return [] }
      let events = Array(recipient[list])
      return QueryColumns.elements(events).compactMap { draftStep(Array(events[$0]), message, key) }
    }
  }

  private static func draftStep(_ event: [UInt8], _ message: QueryColumns, _ key: DetailsKey) -> DetailsStep? {
    guard let columns = QueryColumns(event) else { return nil }
    let members: [(String, String)] = [
      ("id", message.text("id")), ("messageId", message.text("messageid")), ("dateTime", columns.text("datetime")),
      ("event", columns.text("eventtype", "event")), ("description", columns.text("description")),
      ("data", columns.text("data")), ("senderAddress", message.text("senderemail")),
      ("recipientAddress", key.recipient),
    ]
    let object = JSONValue.object(members.filter { !$0.1.isEmpty }.map { .init($0.0, .string($0.1)) })
    let json = Array(object.text.utf8)
    return QueryColumns(json).map { DetailsStep($0, json: json) }
  }
}

extension ReportingSource: DetailedSearching {
  package var detailsNeedRow: Bool { true }

  package func details(_ key: DetailsKey) async throws(Failure) -> [DetailsStep] {
    let received = key.received ?? reader.time.now()
    let window = Window(
      start: received - .seconds(3_600), end: min(max(reader.time.now(), received), received + .seconds(9 * 86_400)))
    var steps: [DetailsStep] = []
    var visited: Set<PageCursor> = []
    var cursor: PageCursor?
    repeat {
      let page = try await details(
        of: key.traceID, recipient: key.recipient, sender: key.sender.isEmpty ? nil : key.sender, in: window,
        after: cursor)
      steps += DetailsStep.steps(of: page, recipient: key.recipient)
      guard let next = page.next, visited.insert(next).inserted else { return steps }
      cursor = next
    } while true
  }
}
