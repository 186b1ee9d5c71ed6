// Services that take one event a line: Sekoia's intake, and any that answers 200.

internal import IntakeCore

/// `/plain/batch` and `/receive`.
struct LinesEndpoint {
  let simulation: Simulation
  let faults: ReceiverFaults

  private static let mostBytes = 10 << 20
  private static let longest = 250_000

  /// nil if the path is none of this endpoint's.
  func answer(_ request: HTTPRequest) -> HTTPResponse? {
    if request.path == "/plain/batch" || request.path == "/api/v1/intake-http/plain/batch" { return intake(request) }
    return request.path == "/receive" ? receive(request) : nil
  }

  private func intake(_ request: HTTPRequest) -> HTTPResponse {
    guard request.method == "POST" else { return json(405, #"{"message":"Method Not Allowed"}"#) }
    guard request.header("x-sekoiaio-intake-key") == simulation.current(simulation.settings.sekoiaIntakeKey) else {
      return json(401, #"{"message":"The intake key is invalid"}"#)
    }
    guard let body = request.decodedBody else { return json(400, #"{"message":"invalid encoding"}"#) }
    guard body.count <= Self.mostBytes else { return json(413, "{}") }
    guard let count = take(body, .sekoia, longest: Self.longest) else {
      return json(400, #"{"message":"invalid event"}"#)
    }
    let ids = Array(repeating: #""00000000-0000-4000-8000-000000000000""#, count: count).joined(separator: ",")
    return json(200, #"{"event_ids":[\#(ids)]}"#)
  }

  private func receive(_ request: HTTPRequest) -> HTTPResponse {
    let token = simulation.current(simulation.settings.httpsToken)
    guard request.header("authorization") == "Bearer \(token)" else { return json(401, "{}") }
    guard request.method == "POST" else { return json(405, "{}") }
    guard let body = request.decodedBody, take(body, .https, longest: .max) != nil else { return json(400, "{}") }
    return json(200, "{}")
  }

  /// All or nothing; how many.
  private func take(_ body: [UInt8], _ service: ReceivingService, longest: Int) -> Int? {
    let lines = body.split(separator: .lineFeed)
    guard !lines.enumerated().contains(where: { $1.count > longest || faults.status(ofItem: $0, $1) != nil }) else {
      return nil
    }
    let received = simulation.received
    received.update(service) { receipt in
      for line in lines { received.store(line, at: "", in: &receipt) }
    }
    return lines.count
  }

  private func json(_ status: Int, _ text: String) -> HTTPResponse {
    HTTPResponse(status, type: "application/json", text)
  }
}
