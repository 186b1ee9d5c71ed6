// Delivery events from Graph: getDetailsByRecipient, and the draft of 2021.

internal import HTTPTransport
package import IntakeCore

extension GraphSource: DetailedSearching {
  package var detailsNeedRow: Bool { false }

  package func details(_ key: DetailsKey) async throws(Failure) -> [DetailsStep] {
    guard version != .beta2021 else { return try await draftDetails(key) }
    do {
      return DetailsStep.steps(
        of: try await details(of: key.traceID, recipient: key.recipient), key)
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
    DraftEvents.rows(body, of: key.recipient).compactMap { row in RowColumns(row).map { DetailsStep($0, json: row) } }
  }
}
