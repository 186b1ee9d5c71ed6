// The Logs Ingestion API of Azure Monitor. Source: Azure Monitor, "Logs Ingestion API".

internal import IntakeCore

/// Takes arrays of objects whose names a table may have.
struct IngestionEndpoint {
  let simulation: Simulation
  let faults: ReceiverFaults

  private static let mostBytes = 1_048_576

  /// nil if the path is none of this endpoint's.
  func answer(_ request: HTTPRequest) -> HTTPResponse? {
    let parts = request.path.split(separator: "/").map(String.init)
    guard parts.count == 4, parts[0] == "dataCollectionRules", parts[2] == "streams" else { return nil }
    guard let header = request.header("authorization"), header.hasPrefix("Bearer "),
      simulation.claims(String(header.dropFirst(7)))?.audience == TokenEndpoint.monitor
    else { return error(401, "InvalidToken") }
    guard simulation.settings.maySendLogs else { return error(403, "OperationFailed") }
    guard request.parameters["api-version"] == "2023-01-01", parts[3].hasPrefix("Custom-") else {
      return error(404, "NotFound")
    }
    guard let body = request.decodedBody else { return error(400, "InvalidEncoding") }
    guard body.count <= Self.mostBytes else { return error(413, "ContentLengthLimitExceeded") }
    return take(body, stream: parts[3]) ? HTTPResponse(204, type: "", "") : error(400, "InvalidPayload")
  }

  /// All or nothing.
  private func take(_ body: [UInt8], stream: String) -> Bool {
    guard let rows = (try? JSONValue(parsing: body))?.array else { return false }
    let faults = faults
    let received = simulation.received
    return received.update(.sentinel) { receipt in
      for (number, row) in rows.enumerated() {
        let isRefused = faults.status(ofItem: number, Array(row.text.utf8)[...]) != nil
        guard !isRefused, row["TimeGenerated"]?.string.flatMap({ Timestamp.parse($0) }) != nil,
          row.members?.allSatisfy({ Self.isColumn($0.key) }) == true
        else {
          receipt.refused += 1
          return false
        }
      }
      for row in rows { received.store(Self.event(row), at: stream, in: &receipt) }
      return true
    }
  }

  private static func isColumn(_ name: String) -> Bool {
    guard let first = name.utf8.first, (0x41...0x5A).contains(first) || (0x61...0x7A).contains(first) else {
      return false
    }
    return name.utf8.allSatisfy {
      (0x41...0x5A).contains($0) || (0x61...0x7A).contains($0) || $0 &- 0x30 <= 9 || $0 == 0x5F
    }
  }

  /// The row with its id under the name that the oracle looks for.
  private static func event(_ row: JSONValue) -> [UInt8] {
    guard let id = row["event_id"] else { return Array(row.text.utf8) }
    return Array(JSONValue.object([.init("event.id", id)] + (row.members ?? [])).text.utf8)
  }

  private func error(_ status: Int, _ code: String) -> HTTPResponse {
    HTTPResponse(status, type: "application/json", #"{"error":{"code":"\#(code)","message":"Simulated."}}"#)
  }
}
