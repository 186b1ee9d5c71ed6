// Sekoia.io's intake over HTTPS. Source: its documentation, "Push logs: HTTPS".

internal import HTTPTransport
internal import IntakeCore

/// `sekoia://HOST`: one event a line. Its intakes for message traces parse rows as the service gave them: `--profile raw`.
struct SekoiaDialect: HTTPDialect {
  static let scheme = "sekoia"
  static let example = "sekoia://intake.sekoia.io"
  static let options: [String] = []
  static let profiles = ["raw"]
  static let secret = HTTPSecretKind(
    purpose: "intake key of Sekoia", environmentName: "MESSAGE_TRACE_SEKOIA_INTAKE_KEY",
    credentialName: "sekoia-intake-key", isRequired: true)

  let address: WebAddress
  let headers = [(name: "Content-Type", value: "text/plain; charset=utf-8")]
  /// 10 MiB a request and 250,000 bytes an event.
  let limits = HTTPLimits(events: 5_000, bytes: 10_000_000, event: 250_000, overhead: 1)

  init(_ place: HTTPPlace) throws(Failure) {
    let host = place.address.origin.host
    let isRegional = host != "intake.sekoia.io" && host.hasPrefix("intake.") && host.hasSuffix(".sekoia.io")
    let base = place.path.isEmpty && isRegional ? place.address.appending("api/v1/intake-http") : place.address
    address = base.appending("plain/batch")
  }

  func credential(
    _ secrets: HTTPSecrets, username: String?, _ context: SinkContext
  ) throws(Failure) -> HTTPCredential? {
    guard let key = secrets.token else { return nil }
    guard let header = Authorization.header("X-SEKOIAIO-INTAKE-KEY", key, for: address.origin) else {
      throw .oddSecret("sekoia")
    }
    return .fixed(header)
  }

  func append(_ line: ArraySlice<UInt8>, _ entry: Batch.Entry, to body: inout [UInt8]) {
    body.append(contentsOf: line)
    body.append(.lineFeed)
  }

  /// `{"event_ids":["…"]}`, one id an event.
  func verdict(_ response: Response, on request: Request, count: Int) throws(Failure) -> HTTPVerdict? {
    guard (200..<300).contains(response.status) else { return nil }
    guard let answer = try? JSONValue(parsing: response.body), let ids = answer["event_ids"]?.array,
      ids.count == count
    else { throw StatusMeaning.unreadable(request) }
    return .taken(receipt: nil)
  }

  /// The intake has no call that says whether a key is good without taking an event.
  func check(_ client: HTTPClient) async throws(Failure) -> [SinkFinding] {
    _ = try await client.send(.get, address, purpose: "Checking \(client.name)")
    return [SinkFinding("The intake answers; whether it accepts the key shows with the first event.")]
  }
}
