// Microsoft Sentinel: the Logs Ingestion API of Azure Monitor. Source: Azure Monitor, "Logs Ingestion API".

internal import HTTPTransport
internal import IntakeCore

/// `sentinel://DCE-HOST/DCR-ID/STREAM`: a data collection endpoint, the immutable id of a rule, and one of its streams.
struct SentinelDialect: HTTPDialect {
  static let scheme = "sentinel"
  static let example = "sentinel://mail-abcd.westeurope-1.ingest.monitor.azure.com/dcr-0123456789abcdef/Custom-Mail_CL"
  static let options = ["client-id", "tenant"]
  static let secret = HTTPSecretKind(
    purpose: "client secret for Azure Monitor", environmentName: "MESSAGE_TRACE_SENTINEL_CLIENT_SECRET",
    credentialName: "sentinel-client-secret", isRequired: false)

  let address: WebAddress
  let headers = [(name: "Content-Type", value: "application/json")]
  let frame = HTTPFrame(open: [.openBracket], separator: [.comma], close: [.closeBracket])
  /// 1,048,576 bytes a call, unpacked.
  let limits = HTTPLimits(events: 10_000, bytes: 1_000_000, event: 990_000, overhead: 64)
  private let resource: String
  private let clientID: String?
  private let tenant: String?

  init(_ place: HTTPPlace) throws(Failure) {
    guard place.path.count == 2, place.path[0].hasPrefix("dcr-"), place.path[1].hasPrefix("Custom-") else {
      throw place.wrong(
        "it requires the immutable id of a data collection rule (dcr-…) and a stream (Custom-…)",
        hint: "For example: --sink \(Self.example)")
    }
    let host = place.address.origin.host
    let cloud = host.hasSuffix(".us") ? "us" : host.hasSuffix(".cn") ? "cn" : "com"
    resource = "https://monitor.azure.\(cloud)"
    clientID = place.options["client-id"]
    let hasSecret = place.options.tokenFile != nil || place.options.tokenEnvironment != nil
    guard clientID != nil || !hasSecret else {
      throw place.wrong("a secret is set without client-id", hint: "Set the option client-id to the app's id.")
    }
    tenant = place.options["tenant"]
    address =
      WebAddress(place.address.origin.text + "/dataCollectionRules")?
      .appending("\(place.path[0])/streams/\(place.path[1])", query: "api-version=2023-01-01") ?? place.address
  }

  /// The Entra sign-in of the source, or an app of its own: `client-id` with its secret.
  func credential(
    _ secrets: HTTPSecrets, username: String?, _ context: SinkContext
  ) throws(Failure) -> HTTPCredential? {
    guard let signIn = context.signIn else { return nil }
    return .token(
      try signIn(
        SinkSignIn(
          resource: resource, origin: address.origin, clientID: clientID, tenant: tenant, secret: secrets.token)))
  }

  /// Names without dots, `@timestamp` as `TimeGenerated`; values as they are.
  func append(_ line: ArraySlice<UInt8>, _ entry: Batch.Entry, to body: inout [UInt8]) {
    let bytes = Array(line)
    let span = unsafe bytes.span.bytes
    let start = body.count
    var hasTime = false
    var index = 0
    body.append(.openBrace)
    do throws(JSONFault) {
      try span.forEachMember(&index) { key, index throws(JSONFault) in
        let value = index
        try span.skipValue(&index)
        if body.count > start + 1 { body.append(.comma) }
        hasTime = hasTime || span.matches(key.lowerBound, "@timestamp\"")
        Self.appendName(span, key, to: &body)
        body.append(contentsOf: bytes[value..<index])
      }
    } catch {
      // A row that is no JSON object, as it came.
      body.removeLast(body.count - start)
      body.append(contentsOf: Array(#"{"RawData":"#.utf8))
      JSONText.append(String(decoding: line, as: UTF8.self), to: &body)
    }
    if !hasTime {
      if body.count > start + 1 { body.append(.comma) }
      body.append(contentsOf: Array(#""TimeGenerated":"\#(Timestamp.text(entry.received))""#.utf8))
    }
    body.append(.closeBrace)
  }

  /// Letters, digits and underscores, a letter first.
  private static func appendName(_ span: RawSpan, _ key: Range<Int>, to body: inout [UInt8]) {
    body.append(.quote)
    if span.matches(key.lowerBound, "@timestamp\"") {
      body.append(contentsOf: Array("TimeGenerated".utf8))
    } else {
      for (place, index) in key.enumerated() {
        let byte = span.byte(index)
        let isLetter = (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte)
        if place == 0 && !isLetter { body.append(UInt8(ascii: "c")) }
        body.append(isLetter || byte &- 0x30 <= 9 ? byte : UInt8(ascii: "_"))
      }
    }
    body.append(.quote)
    body.append(.colon)
  }

  func verdict(_ response: Response, on request: Request, count: Int) throws(Failure) -> HTTPVerdict? {
    switch response.status {
    case 204,
      200 where response.body.isEmpty:
      return .taken(receipt: nil)
    case 403:
      throw StatusMeaning.refused(
        request, 403, "the app may not send to this rule",
        hint: "Give it the role Monitoring Metrics Publisher on the data collection rule; it takes up to 30 minutes.")
    case 404:
      throw Failure(
        "sink.http.not_found", exit: .configuration,
        "\(request.purpose): the rule or its stream does not exist (HTTP 404).",
        hint: "Check the immutable id of the rule (dcr-…), the stream's name, and that the endpoint is in its region.")
    default: return nil
    }
  }

  /// An array without events is accepted, and shows that the token and the role are good.
  func check(_ client: HTTPClient) async throws(Failure) -> [SinkFinding] {
    let (response, request) = try await client.send(
      .post(.bytes([.openBracket, .closeBracket])), address, headers: headers, purpose: "Checking \(client.name)")
    if response.status != 400, try verdict(response, on: request, count: 0) == nil {
      _ = try StatusMeaning.verdict(response, on: request, now: Instant(ticks: 0))
    }
    return [SinkFinding("The endpoint accepts the token for this rule.")]
  }
}
