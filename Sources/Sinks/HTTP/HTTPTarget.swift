// The spec of a sink that is a service behind HTTP: `DIALECT://HOST[:PORT]/…`, with options.

internal import HTTPTransport
internal import IntakeCore

/// `elastic://` and its likes speak https; `elastic+http://` plain http, to the loopback only.
struct HTTPTarget: SinkTarget {
  /// Every service. A new one is a line here and a file in `Dialects`.
  static let dialects: [any HTTPDialect.Type] = [
    ElasticDialect.self, SplunkDialect.self, SekoiaDialect.self, SentinelDialect.self, HTTPSDialect.self,
  ]

  static var schemes: [String] { dialects.flatMap { [$0.scheme, plainScheme($0)] } }

  let name: String
  let dialect: any HTTPDialect
  let options: HTTPOptions
  /// nil before `loadSecrets`, and where the service needs none or the source's sign-in.
  private(set) var secrets = HTTPSecrets()
  /// Shared by every sink made from here.
  let receiver = HTTPReceiver()

  init(_ text: SinkText) throws(Failure) {
    guard let kind = Self.dialects.first(where: { $0.scheme == text.scheme || Self.plainScheme($0) == text.scheme })
    else { throw SinkSpec.wrong("Reading the sink \(text.name): the scheme is unknown.") }
    name = text.name
    let isPlain = text.scheme != kind.scheme
    guard let address = WebAddress("\(isPlain ? "http" : "https")://\(text.place)"), address.query == nil else {
      throw SinkSpec.wrong(
        "Reading the sink \(text.name): \(isPlain ? "plain http is for the loopback only" : "the host is invalid").",
        hint: "For example: --sink '\(kind.example)'")
    }
    options = try HTTPOptions(text, kind)
    dialect = try kind.init(HTTPPlace(name: text.name, address: address, options: options))
  }

  var profiles: [String] { type(of: dialect).profiles }

  mutating func loadSecrets(_ environment: [String: String]) throws(Failure) {
    secrets = try HTTPSecrets(options, type(of: dialect).secret, environment, sink: name)
  }

  func makeSink(_ context: SinkContext) throws(Failure) -> any Sink { try HTTPSink(self, context) }

  func check(_ context: SinkContext) async throws(Failure) -> [SinkFinding] {
    let client = try HTTPClient(self, context, counter: RequestCounter())
    return try await dialect.check(client)
  }

  private static func plainScheme(_ dialect: any HTTPDialect.Type) -> String {
    dialect.scheme == "https" ? "http" : "\(dialect.scheme)+http"
  }
}

/// Where a service is and what its spec says about it.
struct HTTPPlace: Sendable {
  /// The spec without options.
  let name: String
  let address: WebAddress
  let options: HTTPOptions

  /// The parts of the path, decoded as written.
  var path: [String] { address.path.split(separator: "/").map(String.init) }

  func wrong(_ reason: String, hint: String) -> Failure {
    SinkSpec.wrong("Reading the sink \(name): \(reason).", hint: hint)
  }
}
