// Elasticsearch and OpenSearch: the `_bulk` endpoint. Source: Elasticsearch reference, "Bulk API".

internal import HTTPTransport
internal import IntakeCore

/// `elastic://HOST:PORT/INDEX`. Each event is created under its id in the index of its day, so that a repeat meets its first
/// and is answered with 409.
struct ElasticDialect: HTTPDialect {
  static let scheme = "elastic"
  static let example = "elastic://siem.example:9200/message-trace"
  static let options = ["index", "pipeline"]
  static let profiles = ["ecs"]
  static let secret = HTTPSecretKind(
    purpose: "API key of Elastic", environmentName: "MESSAGE_TRACE_ELASTIC_API_KEY", credentialName: "elastic-api-key",
    isRequired: false)

  /// Which index takes an event: that of the day of its receipt, always the same one, or a data stream, which knows a
  /// repeat only until it rolls over.
  enum Naming: String, CaseIterable {
    case day, fixed
    case stream = "data-stream"
  }

  let index: String
  let naming: Naming
  let base: WebAddress
  let address: WebAddress
  /// A page becomes two requests, one for each connection.
  let limits = HTTPLimits(events: 10_000, bytes: 4 << 20, overhead: 340)
  /// An item for each event, with the server's reason where it is refused.
  let answerCap = 32 << 20
  let headers = [("Content-Type", "application/x-ndjson"), ("Accept", "application/json")].map {
    (name: $0.0, value: $0.1)
  }

  init(_ place: HTTPPlace) throws(Failure) {
    guard place.path.count == 1, let index = place.path.first, Self.isIndex(index) else {
      throw place.wrong(
        "the index is missing or invalid: lower-case letters, digits, - _ . and no other path",
        hint: "For example: --sink \(Self.example)")
    }
    self.index = index
    let word = try place.options.choice("index", Naming.allCases.map(\.rawValue), of: place.name)
    naming = Naming(rawValue: word) ?? .day
    base = WebAddress(place.address.origin.text + "/") ?? place.address
    var query = "filter_path=errors,error,items.*.status,items.*.error"
    if let pipeline = place.options["pipeline"] { query += "&pipeline=\(PercentEncoding.encode(pipeline))" }
    address = naming == .day ? base.appending("_bulk", query: query) : place.address.appending("_bulk", query: query)
  }

  /// The index, or the pattern of the indices.
  var pattern: String { naming == .day ? "\(index)-*" : index }

  private static func isIndex(_ name: String) -> Bool {
    guard let first = name.utf8.first, name.utf8.count <= 200, !"-_+.".utf8.contains(first) else { return false }
    return name.utf8.allSatisfy { byte in
      switch byte {
      case 0x30...0x39, 0x61...0x7A, 0x2D, 0x2E, 0x5F: true
      default: false
      }
    }
  }

  /// An API key in the encoded form or as `id:key`, else the password of `username`.
  func credential(
    _ secrets: HTTPSecrets, username: String?, _ context: SinkContext
  ) throws(Failure) -> HTTPCredential? {
    guard let token = secrets.token else { return nil }
    if let username { return .fixed(.basic(username, token, for: address.origin)) }
    let isPair = token.revealed.contains(":")
    let encoded = isPair ? Base64.encode(Array(token.revealed.utf8)) : token.revealed
    guard let header = Authorization.header("Authorization", Secret("ApiKey \(encoded)"), for: address.origin) else {
      throw .oddSecret("elastic")
    }
    return .fixed(header)
  }

  func append(_ line: ArraySlice<UInt8>, _ entry: Batch.Entry, to body: inout [UInt8]) {
    body.append(contentsOf: Self.action)
    if naming == .day {
      body.append(contentsOf: Self.indexKey)
      body.append(contentsOf: index.utf8)
      body.append(0x2D)
      Self.appendDay(of: line, entry, to: &body)
      body.append(contentsOf: Self.separator)
    }
    body.append(contentsOf: Self.idKey)
    entry.identity.appendHex(to: &body)
    body.append(contentsOf: Self.end)
    body.append(contentsOf: line)
    body.append(0x0A)
  }

  private static let action = Array(#"{"create":{"#.utf8)
  private static let indexKey = Array(#""_index":""#.utf8)
  private static let separator = Array(#"","#.utf8)
  private static let idKey = Array(#""_id":""#.utf8)
  private static let end = Array("\"}}\n".utf8)
  private static let timestamp = Array(#"{"@timestamp":""#.utf8)

  /// `2026.01.25`: the day in the event itself, which is the same however often its row is read; else that of its entry.
  private static func appendDay(of line: ArraySlice<UInt8>, _ entry: Batch.Entry, to body: inout [UInt8]) {
    let start = line.startIndex + timestamp.count
    if line.starts(with: timestamp), line.count > timestamp.count + 10, isDay(line[start..<(start + 10)]) {
      for byte in line[start..<(start + 10)] { body.append(byte == 0x2D ? 0x2E : byte) }
    } else {
      for byte in Timestamp.text(entry.received).utf8.prefix(10) { body.append(byte == 0x2D ? 0x2E : byte) }
    }
  }

  private static func isDay(_ text: ArraySlice<UInt8>) -> Bool {
    text.enumerated().allSatisfy { place, byte in
      place == 4 || place == 7 ? byte == 0x2D : byte &- 0x30 <= 9
    }
  }

  func verdict(_ response: Response, on request: Request, count: Int) throws(Failure) -> HTTPVerdict? {
    switch response.status {
    case 200, 201:
      guard let answer = BulkAnswer(response.body, count: count) else { throw StatusMeaning.unreadable(request) }
      return try answer.verdict(request)
    case 400: throw Self.refused(request, response)
    default: return nil
    }
  }

  /// A whole request is refused for its form or its parameters, never for an event.
  private static func refused(_ request: Request, _ response: Response) -> Failure {
    let isShort = response.body.count <= HTTPClient.usualAnswerCap
    let answer = isShort ? try? JSONValue(parsing: response.body) : nil
    let type = BulkAnswer.type(answer?["error"]) ?? "no known reason"
    return Failure(
      "sink.elastic.refused", exit: .configuration,
      "\(request.purpose): the request is refused (HTTP 400, \(type)).",
      hint: "Check the option pipeline, and the log of the server.")
  }
}

extension Identity {
  /// 32 lower-case hex digits.
  func appendHex(to bytes: inout [UInt8]) {
    for word in [high, low] {
      for shift in stride(from: UInt64(60), through: 0, by: -4) {
        let digit = UInt8(truncatingIfNeeded: word >> shift & 15)
        bytes.append(digit < 10 ? 0x30 + digit : 0x57 + digit)
      }
    }
  }
}
