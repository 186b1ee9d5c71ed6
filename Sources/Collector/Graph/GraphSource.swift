// Microsoft Graph, admin/exchange/tracing/messageTraces: one row per message and recipient, newest first.

package import HTTPTransport
package import IntakeCore

/// Message traces from Microsoft Graph.
package struct GraphSource: Source {
  package let provider = "graph"
  package let widestWindow = Window.widest
  package let retention: Duration

  let client: ServiceClient
  let endpoint: Endpoint
  let version: GraphVersion
  let pageSize: Int

  /// - Parameters:
  ///   - root: such as `https://graph.microsoft.com`.
  ///   - pageSize: rows a page, 1 to 5000.
  ///   - quotaFiles: where rolling counts of requests are kept; none keeps one in memory.
  ///   - tenant: whose mail is collected; if it is a GUID, tokens of another tenant cause a warning.
  package init(
    root: String, version: GraphVersion = .v1, credential: Credential, pageSize: Int = 5_000,
    http: HTTPSettings = HTTPSettings(), time: TimeSource = .system, log: Log = Log(), quotaFiles: QuotaPlaces = [],
    quota: QuotaLimit = TraceService.graph.quota, tenant: String = ""
  ) throws(Failure) {
    guard let address = WebAddress(root) else { throw .badURL("Graph URL", root) }
    guard (1...5_000).contains(pageSize) else { throw .pageSize(pageSize, most: 5_000) }
    if case .basic = credential { throw Self.noBasic }
    endpoint = Endpoint(address: address.appending(version.path))
    self.version = version
    retention = .seconds((version == .beta2021 ? 10 : 90) * 86_400)
    self.pageSize = pageSize
    client = try ServiceClient(
      .graph,
      ClientSettings(
        credential: credential, http: http, time: time, log: log, quotaFiles: quotaFiles, quota: quota,
        tenant: tenant, isDraft: version == .beta2021),
      origin: address.origin, resource: Self.resource(address.origin))
  }

  /// HTTP requests so far, retries and sign-in included.
  package var requests: Int { client.counter.requests }

  /// Throttling responses so far (429, 503, 509), retries included.
  package var throttles: Int { client.counter.throttles }

  package func page(_ window: Window, after cursor: PageCursor?) async throws(Failure) -> Page {
    var page = try await search([], in: window, after: cursor)
    try checkWhole(page, window)
    guard version != .beta2021, page.rows.count <= Self.mostCounted else { return page }
    let lists = LargeRecipientLists(page, after: cursor?.sourceState as? LargeRecipientLists.Counts ?? [:])
    page.next?.sourceState = lists.unfinished
    for list in lists.large { try await appendMissingRecipients(list.id, rows: list.rows, of: window, in: &page) }
    return page
  }

  /// A full page without a next link may lack rows: its window is read in halves, down to a second.
  func checkWhole(_ page: Page, _ window: Window) throws(Failure) {
    guard page.next == nil, page.rows.count >= max(pageSize, Self.smallestCheckedPage) else { return }
    guard window.halves == nil else { throw .truncated(rows: page.rows.count) }
    client.log(
      .warning, Failure.Code.truncated.rawValue,
      "A second has more rows than a page, and the service gives no next link.",
      [("second", Timestamp.text(window.start)), ("rows", "\(page.rows.count)")])
  }

  /// A page smaller than this is often full by chance.
  private static let smallestCheckedPage = 10

  /// Reads one page of the traces that meet OData conditions.
  func search(
    _ conditions: [String], in window: Window, after cursor: PageCursor?, recipients: [String] = [], top: Int? = nil
  ) async throws(Failure) -> Page {
    guard let cursor else {
      let first = query(window, conditions, top: top, recipients: recipients)
      return try await client.page(request(first), isContinued: false)
    }
    let address = try endpoint.address(behind: cursor)
    let repaired = version == .beta ? SkipToken.repaired(address) ?? address : address
    return try await client.page(request(repaired), isContinued: true)
  }

  /// Reads the delivery events of one message to one recipient, oldest first.
  package func details(of traceID: String, recipient: String) async throws(Failure) -> Page {
    let literal = PercentEncoding.encode(ODataLiteral.text(recipient))
    let path = "\(try ODataLiteral.traceID(traceID))/getDetailsByRecipient(recipientAddress=\(literal))"
    var request = request(endpoint.address.appending(path))
    request.bodyCap = DetailsLimit.bytes
    return try await client.page(request, isContinued: false)
  }

  /// Queries one message by id and adds the rows that `page` lacks; the window's pages held `rows` of it.
  private func appendMissingRecipients(_ id: String, rows: Int, of window: Window, in page: inout Page)
    async throws(Failure)
  {
    let conditions = GraphFilter.clauses(QueryTerms(values: [.traceID: id]))
    var cursor: PageCursor?
    var found = 0
    for _ in 0..<Self.maxPagesPerMessage where page.bytes.count < Self.bytesWithLists {
      let answer = try await search(conditions, in: window, after: cursor)
      found += LargeRecipientLists.append(answer, id: id, to: &page)
      cursor = answer.next
      guard cursor != nil else { break }
    }
    guard found > rows || cursor != nil else { return }
    client.log(
      cursor == nil ? .info : .warning, "source.recipients",
      cursor == nil
        ? "A query by time lacked recipients of a message; a query by its id returned them."
        : "A message has more rows than a query by its id may read; recipients of it may be missing.",
      [("by_time", "\(rows)"), ("by_id", "\(found)")])
  }

  /// Enough for 100,000 rows at 1,000 a page; Exchange accepts no message to more recipients.
  private static let maxPagesPerMessage = 100
  /// Bytes of a page beyond which no list of recipients is added to it.
  private static let bytesWithLists = 32 << 20
  /// A page with more rows is not from this service: its messages are not counted.
  private static let mostCounted = 50_000

  private func request(_ address: WebAddress) -> Request {
    Request(.get, address, headers: Self.headers, purpose: "Reading message traces from Graph")
  }

  /// One row of the last day.
  var trial: Request { request(query(.lastDay(before: client.time.now()), [], top: 1)) }

  private func query(
    _ window: Window, _ conditions: [String], top: Int? = nil, recipients: [String] = []
  ) -> WebAddress {
    let bounds = QueryBounds(window)
    let all = conditions + ["receivedDateTime ge \(bounds.start)", "receivedDateTime le \(bounds.end)"]
    let filter = all.joined(separator: " and ")
    var fields = [("$filter", filter), ("$top", "\(top ?? pageSize)")]
    if version == .beta2021 { fields.append(("$expand", Self.draftExpansion(recipients))) }
    return endpoint.address.withQuery(PercentEncoding.form(fields))
  }

  /// Rows of the draft hold recipients only if these are expanded. Their delivery events are not: `details` reads them.
  /// - Parameter recipients: those that are wanted; none for all.
  static func draftExpansion(_ recipients: [String]) -> String {
    guard !recipients.isEmpty else { return "recipients" }
    let list = recipients.map { ODataLiteral.text($0) }.joined(separator: ", ")
    return "recipients($filter=recipientEmail in (\(list)))"
  }

  static var headers: [(name: String, value: String)] {
    [
      ("Accept", "application/json"), ("Prefer", "include-unknown-enum-members"), ("Cache-Control", "no-cache"),
      ("client-request-id", RandomUUID.make()),
    ]
  }

  /// The audience of tokens: the service itself, or Microsoft's Graph for a stand-in on the loopback.
  private static func resource(_ origin: Origin) -> String {
    origin.scheme == "https" ? origin.text : "https://graph.microsoft.com"
  }

  private static let noBasic = Failure(
    "config.credential", exit: .configuration, "Preparing the sign-in: Graph does not accept username and password.",
    hint: "Use a client secret, a certificate, a federated token or a managed identity.")
}

extension GraphVersion {
  fileprivate var path: String {
    switch self {
    case .v1, .beta: "\(rawValue)/admin/exchange/tracing/messageTraces"
    case .beta2021: "beta/admin/exchange/messageTraces"
    }
  }
}

extension GraphSource {
  /// The health check: signs in, reads one row of the last day, compares clocks.
  package func check() async -> SourceCheck { await client.checkHealth(trial) }
}

extension Failure.Code {
  /// A full page came without a next link.
  static let truncated = Self(rawValue: "source.truncated")
}

extension Failure {
  fileprivate static func truncated(rows: Int) -> Failure {
    Failure(
      .truncated, exit: .tryLater,
      "Reading message traces from Graph: a page of \(rows) rows is full and has no next link, so rows may be missing.",
      hint: "Wait: smaller windows are tried automatically.", recovery: .smallerWindow)
  }

  static func pageSize(_ size: Int, most: Int) -> Failure {
    Failure(
      "config.page_size", exit: .configuration, "Preparing the source: a page size of \(size) is out of range.",
      hint: "Use a page size from 1 to \(most).")
  }
}
