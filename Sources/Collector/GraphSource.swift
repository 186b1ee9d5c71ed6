// Microsoft Graph, admin/exchange/tracing/messageTraces: one row per message and recipient, newest first.

package import IntakeCore

/// Message traces from Microsoft Graph.
package struct GraphSource: Source {
  package let provider = "graph"
  package let widestWindow = Duration.seconds(10 * 86_400)
  package let retention = Duration.seconds(90 * 86_400)

  let reader: Reader
  private let collection: Collection
  private let version: GraphVersion
  private let pageSize: Int

  /// - Parameters:
  ///   - root: such as `https://graph.microsoft.com`.
  ///   - pageSize: rows a page, 1 to 5000.
  ///   - quotaFile: where the rolling count of requests is kept; nil keeps it in memory.
  ///   - quota: requests in 300 s; Microsoft allows a tenant 100 in all.
  package init(
    root: String, version: GraphVersion = .v1, credential: Credential, pageSize: Int = 5_000,
    http: HTTPSettings = HTTPSettings(), time: TimeSource = .system, log: Log = Log(), quotaFile: String? = nil,
    quota: Int = 90
  ) throws(Failure) {
    guard let address = WebAddress(root) else { throw .badURL("Graph URL", root) }
    guard (1...5_000).contains(pageSize) else { throw .pageSize(pageSize, most: 5_000) }
    if case .basic = credential { throw Self.noBasic }
    collection = Collection(address: address.appending(version.path))
    self.version = version
    self.pageSize = pageSize
    reader = try Reader(
      .graph,
      ReaderSetup(credential: credential, http: http, time: time, log: log, quotaFile: quotaFile, quota: quota),
      origin: address.origin, resource: Self.resource(address.origin))
  }

  /// HTTP requests made so far, retries and sign-in included.
  package var requests: Int { reader.count.value }

  package func page(_ window: Window, after cursor: PageCursor?) async throws(Failure) -> Page {
    try await reader.page(try request(window, after: cursor), isContinued: cursor != nil)
  }

  private func request(_ window: Window, after cursor: PageCursor?) throws(Failure) -> Request {
    let address = try cursor.map { (cursor) throws(Failure) in try collection.address(behind: cursor) }
    return Request(
      .get, address ?? first(window), headers: Self.headers, purpose: "Reading message traces from Graph")
  }

  private func first(_ window: Window) -> WebAddress {
    let bounds = QueryBounds(window)
    let filter = "receivedDateTime ge \(bounds.start) and receivedDateTime le \(bounds.end)"
    return collection.address.asking(PercentEncoding.form([("$filter", filter), ("$top", "\(pageSize)")]))
  }

  private static var headers: [(name: String, value: String)] {
    [
      ("Accept", "application/json"), ("Prefer", "include-unknown-enum-members"), ("Cache-Control", "no-cache"),
      ("client-request-id", RequestIdentifier.make()),
    ]
  }

  /// Who the tokens are for: the service itself, and Microsoft's own where a stand-in on the loopback is asked.
  private static func resource(_ origin: Origin) -> String {
    origin.scheme == "https" ? origin.text : "https://graph.microsoft.com"
  }

  private static let noBasic = Failure(
    "config.credential", exit: .configuration, "Preparing the sign-in: Graph takes no username and password.",
    hint: "Give a client secret, a certificate, a federated token or a managed identity.")
}

extension GraphVersion {
  fileprivate var path: String {
    switch self {
    case .v1, .beta: "\(rawValue)/admin/exchange/tracing/messageTraces"
    case .beta2021: "beta/admin/exchange/messageTraces"
    }
  }
}

/// A random UUID, version 4: both sides can find a request by it.
enum RequestIdentifier {
  static func make() -> String {
    var bytes = (0..<16).map { _ in UInt8.random(in: 0...255) }
    bytes[6] = bytes[6] & 0x0F | 0x40
    bytes[8] = bytes[8] & 0x3F | 0x80
    var text = ""
    for (index, byte) in bytes.enumerated() {
      if [4, 6, 8, 10].contains(index) { text += "-" }
      text += byte < 16 ? "0" + String(byte, radix: 16) : String(byte, radix: 16)
    }
    return text
  }
}

extension Failure {
  static func pageSize(_ size: Int, most: Int) -> Failure {
    Failure(
      "config.page_size", exit: .configuration, "Preparing the source: a page size of \(size) is out of range.",
      hint: "Give a page size from 1 to \(most).")
  }
}
