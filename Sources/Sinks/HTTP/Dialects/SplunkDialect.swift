// Splunk's HTTP Event Collector. Source: Splunk, "HTTP Event Collector" and "Indexer acknowledgment".

internal import HTTPTransport
internal import IntakeCore

/// `splunk://HOST:PORT`: events are acknowledged once the indexer has them on disk, where the token allows to ask for it.
struct SplunkDialect: HTTPDialect {
  static let scheme = "splunk"
  static let example = "splunk://siem.example:8088?index=mail"
  static let options = ["index", "sourcetype", "source", "host", "ack", "ack-timeout", "channel"]
  static let profiles = ["cim", "ecs"]
  static let secret = HTTPSecretKind(
    purpose: "token of Splunk", environmentName: "MESSAGE_TRACE_SPLUNK_TOKEN", credentialName: "splunk-token",
    isRequired: true)

  let base: WebAddress
  let address: WebAddress
  let headers: [(name: String, value: String)]
  /// Splunk Cloud takes 1 MB a request.
  let limits: HTTPLimits
  let channel: String
  let waitsForIndexer: Bool
  let acknowledgementTimeout: Duration
  /// What follows the time in each event.
  private let envelope: [UInt8]

  init(_ place: HTTPPlace) throws(Failure) {
    guard place.path.isEmpty else {
      throw place.wrong("it takes no path", hint: "For example: --sink '\(Self.example)'")
    }
    let options = place.options
    base = place.address
    address = place.address.appending("services/collector/event")
    channel = options["channel"] ?? RandomUUID.make()
    guard channel.utf8.count == 36, channel.utf8.allSatisfy({ JSONText.hexDigit($0) != nil || $0 == 0x2D }) else {
      throw place.wrong("the channel must be a GUID", hint: "Remove the option channel: one is made up.")
    }
    headers = [("Content-Type", "application/json"), ("X-Splunk-Request-Channel", channel)]
    waitsForIndexer = try options.choice("ack", ["indexer", "none"], of: place.name) == "indexer"
    acknowledgementTimeout = .seconds(try options.number("ack-timeout", 1...3_600, default: 300, of: place.name))
    var members = [
      ("source", options["source"] ?? "message-trace"), ("sourcetype", options["sourcetype"] ?? "message_trace"),
    ]
    for name in ["host", "index"] { if let value = options[name] { members.append((name, value)) } }
    envelope = Array(members.map { ",\(JSONText.quoted($0.0)):\(JSONText.quoted($0.1))" }.joined().utf8)
    limits = HTTPLimits(events: 5_000, bytes: 1_000_000, event: 900_000, overhead: envelope.count + 100)
  }

  func credential(
    _ secrets: HTTPSecrets, username: String?, _ context: SinkContext
  ) throws(Failure) -> HTTPCredential? {
    guard let token = secrets.token else { return nil }
    guard
      let header = Authorization.header("Authorization", Secret("Splunk \(token.revealed)"), for: address.origin)
    else { throw .oddSecret("splunk") }
    return .fixed(header)
  }

  /// `{"time":SECONDS.mmm,"source":…,"event":{…},"fields":{"event_id":"…"}}`
  func append(_ line: ArraySlice<UInt8>, _ entry: Batch.Entry, to body: inout [UInt8]) {
    body.append(contentsOf: Self.open)
    let milliseconds = max(0, entry.received.ticks) / 10_000
    let fraction = String(milliseconds % 1_000)
    body.append(
      contentsOf: "\(milliseconds / 1_000).\(String(repeating: "0", count: 3 - fraction.utf8.count))\(fraction)".utf8)
    body.append(contentsOf: envelope)
    body.append(contentsOf: Self.event)
    body.append(contentsOf: line)
    body.append(contentsOf: Self.fields)
    entry.identity.appendHex(to: &body)
    body.append(contentsOf: Self.close)
  }

  private static let open = Array(#"{"time":"#.utf8)
  private static let event = Array(#","event":"#.utf8)
  private static let fields = Array(#","fields":{"event_id":""#.utf8)
  private static let close = Array("\"}}\n".utf8)

  func verdict(_ response: Response, on request: Request, count: Int) throws(Failure) -> HTTPVerdict? {
    let answer = try? JSONValue(parsing: response.body)
    guard let code = answer?["code"]?.integer else {
      guard response.status == 200 || response.status == 400 || response.status == 415 else { return nil }
      throw StatusMeaning.unreadable(request)
    }
    let receipt = waitsForIndexer ? answer?["ackId"]?.integer.flatMap { UInt64(exactly: $0) } : nil
    let number = answer?["invalid-event-number"]?.integer.flatMap { Int(exactly: $0) }
    switch (response.status, code) {
    case (200, 0), (200, 24), (200, 25): return .taken(receipt: receipt)
    case (400, 5), (400, 6), (400, 12), (400, 13), (400, 15):
      return refused(number, code, receipt, response, count: count)
    case (503, _), (429, _):
      // The events before the one that is named are taken.
      guard let number, (1..<count).contains(number) else { return nil }
      let reason = StatusMeaning.later(request, response, now: TimeSource.system.now())
      return .mixed(
        refused: [], again: Array(number..<count), reason: reason, receipt: receipt,
        lacksReceipt: waitsForIndexer && receipt == nil)
    case (400, _): throw Self.misconfigured(request, code)
    default: return nil
    }
  }

  /// The events before the one that is named are on their way to the indexer, those after it are not looked at.
  ///
  /// Ours are valid JSON with a time and an event that is not blank, so that the collector's own checks of them (codes 5, 6,
  /// 12, 13) find nothing; what is left are its limits on indexed fields (15), of which each event has one.
  private func refused(
    _ number: Int?, _ code: Int64, _ receipt: UInt64?, _ response: Response, count: Int
  ) -> HTTPVerdict {
    let kind = "hec-\(code)"
    let words = StatusMeaning.words(response)
    guard let number, (0..<count).contains(number) else { return .refused(kind: kind, reason: words) }
    return .mixed(
      refused: [Refusal(index: number, kind: kind, reason: words)], again: Array((number + 1)..<count), reason: nil,
      receipt: receipt, lacksReceipt: waitsForIndexer && receipt == nil)
  }

  /// Splunk's words for its codes; never those of an answer, which another program may have written.
  private static func words(_ code: Int64) -> String {
    switch code {
    case 7: "incorrect index"
    case 10, 11: "the data channel is missing or invalid"
    case 14: "acknowledgement is disabled"
    case 16: "query string authorization is not enabled"
    default: "an error of its configuration"
    }
  }

  private static func misconfigured(_ request: Request, _ code: Int64) -> Failure {
    Failure(
      "sink.splunk.refused", exit: .configuration,
      "\(request.purpose): the collector refuses the request (\(words(code)), code \(code)).",
      hint: code == 7
        ? "Allow the index in the token's settings, or correct the option index."
        : "Check the token's settings: indexes and indexer acknowledgement.")
  }
}
