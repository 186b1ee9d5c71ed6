// What is different between services behind HTTP: how events are written, and what an answer means.

internal import HTTPTransport
internal import IntakeCore

/// One service's form of requests and answers. `HTTPSink` does the rest: batches, retries, refusals, waits.
protocol HTTPDialect: Sendable {
  /// Of its specs, such as `elastic`; `elastic+http` follows from it.
  static var scheme: String { get }
  /// A spec, for errors.
  static var example: String { get }
  /// Options of its own.
  static var options: [String] { get }
  static var secret: HTTPSecretKind { get }
  /// Profiles that the service knows fields of; the first is the one to take. Empty: any.
  static var profiles: [String] { get }

  /// - Throws: `sink.spec` (78).
  init(_ place: HTTPPlace) throws(Failure)

  var limits: HTTPLimits { get }
  /// Where events are sent.
  var address: WebAddress { get }
  /// Headers of a request with events, its content type among them.
  var headers: [(name: String, value: String)] { get }
  /// What stands around and between the events of one body.
  var frame: HTTPFrame { get }
  /// Most bytes of the answer to a request with events, unpacked.
  var answerCap: Int { get }

  /// The credential of each request; nil where there is none.
  func credential(_ secrets: HTTPSecrets, username: String?, _ context: SinkContext) throws(Failure) -> HTTPCredential?

  /// Appends one event as the service takes it.
  /// - Parameter line: the event, without LF.
  func append(_ line: ArraySlice<UInt8>, _ entry: Batch.Entry, to body: inout [UInt8])

  /// What an answer says of `count` events; nil leaves it to the usual meaning of its status.
  /// - Throws: what concerns no single event, with `.later` if the same request may succeed later.
  func verdict(_ response: Response, on request: Request, count: Int) throws(Failure) -> HTTPVerdict?

  /// Waits until the service confirms the receipts that it has given out for a batch; none if it gave none. Those
  /// confirmed, and why others are not.
  func confirm(_ receipts: [UInt64], _ client: HTTPClient) async -> (confirmed: Set<UInt64>, failure: Failure?)

  /// Tries the service without an event: for `check`.
  func check(_ client: HTTPClient) async throws(Failure) -> [SinkFinding]
}

extension HTTPDialect {
  static var profiles: [String] { [] }
  var frame: HTTPFrame { HTTPFrame() }
  var answerCap: Int { HTTPClient.usualAnswerCap }

  func confirm(_ receipts: [UInt64], _ client: HTTPClient) async -> (confirmed: Set<UInt64>, failure: Failure?) {
    (Set(receipts), nil)
  }
}

/// How much one request may hold.
struct HTTPLimits: Sendable {
  var events: Int
  /// Of a body before compression.
  var bytes: Int
  /// Of one event as written by the mapping; a longer one is refused here.
  var event: Int
  /// Most bytes that `append` adds to an event.
  var overhead: Int

  init(events: Int, bytes: Int, event: Int = .max, overhead: Int) {
    self.events = events
    self.bytes = bytes
    self.event = event
    self.overhead = overhead
  }
}

/// Bytes around and between events.
struct HTTPFrame: Sendable {
  var open: [UInt8] = []
  var separator: [UInt8] = []
  var close: [UInt8] = []
}

/// What goes with each request.
enum HTTPCredential: Sendable {
  case fixed(Authorization)
  case token(any TokenSource)
}

/// What an answer says of the events of its request.
enum HTTPVerdict: Sendable {
  /// Every event is taken; with a receipt, once it is confirmed.
  case taken(receipt: UInt64?)
  /// By their index in the request: refused for good, or not taken now for this reason. All others are taken; with a
  /// receipt, once it is confirmed. With `lacksReceipt` they count only if the service gives out no receipts at all: else
  /// they are sent again, for the sake of a receipt.
  case mixed(refused: [Refusal], again: [Int], reason: Failure?, receipt: UInt64? = nil, lacksReceipt: Bool = false)
  /// The whole request is refused because of what one or more of its events hold.
  case refused(kind: String, reason: String)
  /// The whole request is too large.
  case tooLarge
}

/// Why a service does not take an event, now or ever.
struct Refusal: Sendable {
  var index: Int
  /// One word for log and metrics, without anything of the event.
  var kind: String
  /// The service's own words, which may quote the event.
  var reason: String
}
