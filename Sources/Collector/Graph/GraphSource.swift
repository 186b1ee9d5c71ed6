// Microsoft Graph, admin/exchange/tracing/messageTraces: one row per message and recipient, newest first.

package import HTTPTransport
package import IntakeCore

/// Message traces from Microsoft Graph.
package struct GraphSource: Source {
  package let provider = "graph"
  package let widestWindow = Duration.seconds(10 * 86_400)
  package let retention: Duration

  let reader: Reader
  let collection: Collection
  let version: GraphVersion
  let pageSize: Int

  /// - Parameters:
  ///   - root: such as `https://graph.microsoft.com`.
  ///   - pageSize: rows a page, 1 to 5000.
  ///   - quotaFile: where the rolling count of requests is kept; nil keeps it in memory.
  ///   - quota: requests in 300 s; Microsoft allows a tenant 100 in all.
  ///   - tenant: whose mail is meant; where it is a GUID, tokens of another tenant are told of.
  package init(
    root: String, version: GraphVersion = .v1, credential: Credential, pageSize: Int = 5_000,
    http: HTTPSettings = HTTPSettings(), time: TimeSource = .system, log: Log = Log(), quotaFile: String? = nil,
    quota: Int = 90, tenant: String = ""
  ) throws(Failure) {
    guard let address = WebAddress(root) else { throw .badURL("Graph URL", root) }
    guard (1...5_000).contains(pageSize) else { throw .pageSize(pageSize, most: 5_000) }
    if case .basic = credential { throw Self.noBasic }
    collection = Collection(address: address.appending(version.path))
    self.version = version
    retention = .seconds((version == .beta2021 ? 10 : 90) * 86_400)
    self.pageSize = pageSize
    reader = try Reader(
      .graph,
      ReaderSetup(
        credential: credential, http: http, time: time, log: log, quotaFile: quotaFile, quota: quota,
        tenant: tenant),
      origin: address.origin, resource: Self.resource(address.origin))
  }

  /// HTTP requests made so far, retries and sign-in included.
  package var requests: Int { reader.count.requests }

  /// Answers so far that asked for fewer or later requests (429, 503, 509), each retry's own included.
  package var throttles: Int { reader.count.throttles }

  package func page(_ window: Window, after cursor: PageCursor?) async throws(Failure) -> Page {
    var page = try await search([], in: window, after: cursor)
    guard version != .beta2021 else { return page }
    let crowds = CrowdedMessages(page, after: cursor?.begun ?? [:])
    page.next?.begun = crowds.begun
    for crowd in crowds.crowded { try await complete(crowd.id, rows: crowd.rows, of: window, in: &page) }
    return page
  }

  /// One page of the traces that meet conditions in the service's own words.
  func search(_ conditions: [String], in window: Window, after cursor: PageCursor?) async throws(Failure) -> Page {
    guard let cursor else {
      return try await reader.page(request(query(window, conditions)), isContinued: false)
    }
    let address = try collection.address(behind: cursor)
    let repaired = version == .beta ? SkipToken.repaired(address) ?? address : address
    return try await reader.page(request(repaired), isContinued: true)
  }

  /// The delivery events of one message to one recipient, oldest first; none where the service knows no such pair.
  package func details(of traceID: String, recipient: String) async throws(Failure) -> Page {
    let literal = PercentEncoding.encode(ODataLiteral.text(recipient))
    let path = "\(try ODataLiteral.traceID(traceID))/getDetailsByRecipient(recipientAddress=\(literal))"
    return try await reader.page(request(collection.address.appending(path)), isContinued: false)
  }

  /// Asks for all rows of one message, of which the window's pages held `rows`, and adds those that the page lacks.
  private func complete(_ id: String, rows: Int, of window: Window, in page: inout Page) async throws(Failure) {
    let conditions = QueryClause.graph(QueryTerms(values: [.traceID: id]))
    var cursor: PageCursor?
    var found = 0
    for _ in 0..<Self.mostPagesOfAMessage {
      let answer = try await search(conditions, in: window, after: cursor)
      found += CrowdedMessages.append(answer, id: id, to: &page)
      cursor = answer.next
      guard cursor != nil else { break }
    }
    guard found > rows || cursor != nil else { return }
    reader.log(
      cursor == nil ? .info : .warning, "source.recipients",
      cursor == nil
        ? "The service left recipients of a message out of a query by time; they were read by its id."
        : "A message has more rows than are read by its id; recipients of it may be missing.",
      [("by_time", "\(rows)"), ("by_id", "\(found)")])
  }

  /// A hundred thousand rows even at a thousand a page: Exchange takes no message to more recipients.
  private static let mostPagesOfAMessage = 100

  private func request(_ address: WebAddress) -> Request {
    Request(.get, address, headers: Self.headers, purpose: "Reading message traces from Graph")
  }

  /// One row of the last day.
  var trial: Request { request(query(.lastDay(before: reader.time.now()), [], top: 1)) }

  private func query(_ window: Window, _ conditions: [String], top: Int? = nil) -> WebAddress {
    let bounds = QueryBounds(window)
    let all = conditions + ["receivedDateTime ge \(bounds.start)", "receivedDateTime le \(bounds.end)"]
    let filter = all.joined(separator: " and ")
    var fields = [("$filter", filter), ("$top", "\(top ?? pageSize)")]
    if version == .beta2021 { fields.append(("$expand", Self.draftExpansion)) }
    return collection.address.asking(PercentEncoding.form(fields))
  }

  /// The draft's rows hold their recipients, and those their delivery events, only where both are asked for.
  static let draftExpansion = "recipients($expand=events)"

  static var headers: [(name: String, value: String)] {
    [
      ("Accept", "application/json"), ("Prefer", "include-unknown-enum-members"), ("Cache-Control", "no-cache"),
      ("client-request-id", RandomUUID.make()),
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

extension Failure {
  static func pageSize(_ size: Int, most: Int) -> Failure {
    Failure(
      "config.page_size", exit: .configuration, "Preparing the source: a page size of \(size) is out of range.",
      hint: "Give a page size from 1 to \(most).")
  }
}
