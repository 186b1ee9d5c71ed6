// Splunk's HTTP Event Collector, with indexer acknowledgement. Source: Splunk, "HTTP Event Collector REST API endpoints".

internal import IntakeCore

/// Takes concatenated events; a wrong one ends the request, and those before it are indexed.
struct EventCollectorEndpoint {
  let simulation: Simulation
  let faults: ReceiverFaults

  /// nil if the path is none of this endpoint's.
  func answer(_ request: HTTPRequest) -> HTTPResponse? {
    let parts = request.path.split(separator: "/").map(String.init)
    guard parts.starts(with: ["services", "collector"]) else { return nil }
    switch Array(parts.dropFirst(2)) {
    case ["health"], ["health", "1.0"]: return json(200, 17, "HEC is healthy")
    case ["ack"]: return refusal(request) ?? acknowledge(request)
    case [], ["event"], ["event", "1.0"]: return refusal(request) ?? take(request)
    default: return json(404, 404, "The requested URL was not found on this server.")
    }
  }

  private func refusal(_ request: HTTPRequest) -> HTTPResponse? {
    guard let header = request.header("authorization"), header.hasPrefix("Splunk ") else {
      return json(401, 2, "Token is required")
    }
    return header == "Splunk \(simulation.current(simulation.settings.splunkToken))"
      ? nil : json(403, 4, "Invalid token")
  }

  private func channel(_ request: HTTPRequest) -> String? {
    request.header("x-splunk-request-channel") ?? request.parameters["channel"]
  }

  private func take(_ request: HTTPRequest) -> HTTPResponse {
    guard let body = request.decodedBody, !body.isEmpty else { return json(400, 5, "No data") }
    let hasAcknowledgement = simulation.settings.hasAcknowledgement
    guard let channel = channel(request) ?? (hasAcknowledgement ? nil : "") else {
      return json(400, 10, "Data channel is missing")
    }
    if let (code, text, number) = store(body) {
      let receipt = simulation.settings.acknowledgesBeforeRefused && number > 0 ? receipt(channel) : ""
      return json(400, code, text, #","invalid-event-number":\#(number)\#(receipt)"#)
    }
    return json(200, 0, "Success", hasAcknowledgement ? receipt(channel) : "")
  }

  private func receipt(_ channel: String) -> String {
    #","ackId":\#(simulation.acknowledgement(channel, isKept: !faults.forgets && !faults.neverConfirms))"#
  }

  /// What is wrong with the first event that is not taken.
  private func store(_ body: [UInt8]) -> (code: Int, text: String, number: Int)? {
    let span = unsafe body.span.bytes
    let faults = faults
    let received = simulation.received
    return received.update(.splunk) { receipt in
      var index = 0
      var number = 0
      span.skipSpace(&index)
      while index < body.count {
        guard let (event, sourceType) = Self.event(span, &index) else { return (6, "Invalid data format", number) }
        guard let event else { return (12, "Event field is required", number) }
        guard faults.status(ofItem: number, body[event]) == nil else {
          receipt.refused += 1
          return (6, "Invalid data format", number)
        }
        if !faults.forgets { received.store(body[event], at: sourceType, in: &receipt) }
        number += 1
        span.skipSpace(&index)
      }
      return nil
    }
  }

  /// The event and its source type; nil where the bytes are no JSON object.
  private static func event(_ span: RawSpan, _ index: inout Int) -> (event: Range<Int>?, sourceType: String)? {
    var event: Range<Int>?
    var sourceType = ""
    do throws(JSONFault) {
      try span.forEachMember(&index) { key, index throws(JSONFault) in
        let start = index
        try span.skipValue(&index)
        if span.matches(key.lowerBound, "event\"") { event = start..<index }
        if span.matches(key.lowerBound, "sourcetype\"") {
          sourceType = try JSONText.unescape(span, (start + 1)..<(index - 1))
        }
      }
    } catch {
      return nil
    }
    return (event, sourceType)
  }

  private func acknowledge(_ request: HTTPRequest) -> HTTPResponse {
    guard simulation.settings.hasAcknowledgement else { return json(400, 14, "ACK is disabled") }
    guard let channel = channel(request) else { return json(400, 10, "Data channel is missing") }
    let asked = (try? JSONValue(parsing: request.body))?["acks"]?.array?.compactMap { $0.integer.map { Int($0) } } ?? []
    let told = zip(asked, simulation.confirm(asked, channel)).map { #""\#($0)":\#($1)"# }
    return HTTPResponse(200, type: "application/json", #"{"acks":{\#(told.joined(separator: ","))}}"#)
  }

  private func json(_ status: Int, _ code: Int, _ text: String, _ more: String = "") -> HTTPResponse {
    HTTPResponse(status, type: "application/json", #"{"text":"\#(text)","code":\#(code)\#(more)}"#)
  }
}
