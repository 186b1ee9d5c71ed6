// The legacy Office 365 Reporting Web Service, OData MessageTrace. Protocol: MS-ODATA and Microsoft's pages on the report;
// comments say where the service behaves differently.

package import HTTPTransport
package import IntakeCore
internal import Synchronization

/// Message traces from the legacy service.
///
/// Requests the oldest rows first: paging is by position, so new mail appears at the end, while in the service's default
/// order it would be missed until a revisit. If the service refuses to sort, the query is repeated without an order.
/// There is no `$select`, so that columns which the service adds later are kept.
package struct ReportingSource: Source {
  package let provider = "reporting"
  package let widestWindow = Window.widest
  package let retention = Duration.seconds(30 * 86_400)

  /// `$orderby`, as other clients use it.
  enum Order: String {
    case oldestFirst = "Received asc"
    /// For searches that end when they have enough.
    case newestFirst = "Received desc"
  }

  let client: ServiceClient
  private let sorting = SortSupport()
  let traces: Endpoint
  let events: Endpoint
  let pageSize: Int

  /// - Parameters:
  ///   - endpoint: such as `https://reports.office365.com/ecp/reportingwebservice/reporting.svc`.
  ///   - pageSize: rows a page, 1 to 2000; with 2000 the service pages by itself.
  ///   - quotaFiles: where rolling counts of requests are kept; none keeps one in memory.
  ///   - tenant: whose mail is collected; if it is a GUID, tokens of another tenant cause a warning.
  package init(
    endpoint: String, credential: Credential, pageSize: Int = 2_000, http: HTTPSettings = HTTPSettings(),
    time: TimeSource = .system, log: Log = Log(), quotaFiles: QuotaPlaces = [],
    quota: QuotaLimit = TraceService.reporting.quota,
    tenant: String = ""
  ) throws(Failure) {
    guard let address = WebAddress(endpoint) else { throw .badURL("reporting URL", endpoint) }
    guard (1...ReportingPaging.pageSize).contains(pageSize) else {
      throw .pageSize(pageSize, most: ReportingPaging.pageSize)
    }
    traces = Endpoint(address: address.appending("MessageTrace"))
    events = Endpoint(address: address.appending("MessageTraceDetail"))
    self.pageSize = pageSize
    client = try ServiceClient(
      .reporting,
      ClientSettings(
        credential: credential, http: http, time: time, log: log, quotaFiles: quotaFiles, quota: quota,
        tenant: tenant),
      origin: address.origin, resource: Self.resource(address.origin.host))
  }

  /// HTTP requests so far, retries and sign-in included.
  package var requests: Int { client.counter.requests }

  /// Throttling responses so far (429, 503, 509), retries included.
  package var throttles: Int { client.counter.throttles }

  package func page(_ window: Window, after cursor: PageCursor?) async throws(Failure) -> Page {
    try await read(traces, [], window, cursor, order: .oldestFirst)
  }

  /// Reads the delivery events of one message to one recipient that lie in the window.
  package func details(
    of traceID: String, recipient: String, sender: String? = nil, in window: Window, after cursor: PageCursor? = nil
  ) async throws(Failure) -> Page {
    var terms = QueryTerms(values: [.traceID: try ODataLiteral.traceID(traceID), .recipient: recipient])
    terms.values[.sender] = sender
    return try await read(events, ReportingFilter.clauses(terms), window, cursor, order: nil)
  }

  /// Reads one page of a report under OData conditions.
  /// - Parameter most: rows a page, where these are fewer than usual.
  func read(
    _ endpoint: Endpoint, _ conditions: [String], _ window: Window, _ cursor: PageCursor?, order: Order?,
    most: Int? = nil
  ) async throws(Failure) -> Page {
    // Without an order the newest rows need not come first.
    let top = order != nil && !sorting.isRefused ? min(pageSize, most ?? pageSize) : pageSize
    let next = try cursor.map { (cursor) throws(Failure) in try endpoint.address(behind: cursor) }
    let order = sorting.isRefused ? nil : order
    let first = query(endpoint, window, conditions, top: top, order: order)
    do {
      return try await read(next ?? first, top: top, isContinued: next != nil)
    } catch {
      guard error.code == .refused, next == nil, order != nil else { throw error }
      let unsorted = query(endpoint, window, conditions, top: pageSize, order: nil)
      let page = try await read(unsorted, top: pageSize, isContinued: false)
      sorting.isRefused = true
      return page
    }
  }

  private func read(_ address: WebAddress, top: Int, isContinued: Bool) async throws(Failure) -> Page {
    let request = request(address)
    guard !ReportingPaging.isBeyondCap(request.address) else { throw ReportingPaging.beyondCap(request) }
    var page: Page
    do {
      page = try await client.page(request, isContinued: isContinued)
    } catch {
      throw Self.askingSmallerWindow(error)
    }
    page.next = page.next ?? ReportingPaging.following(page, of: address, top: top)
    return page
  }

  /// A time-out of this service usually means a window with too many rows.
  private static func askingSmallerWindow(_ failure: Failure) -> Failure {
    guard ServiceClient.slowCodes.contains(failure.code) else { return failure }
    var failure = failure
    failure.recovery = .smallerWindow
    return failure
  }

  /// One row of the last day.
  var trial: Request { request(query(traces, .lastDay(before: client.time.now()), [], top: 1)) }

  private func request(_ address: WebAddress) -> Request {
    Request(
      .get, address,
      headers: [("Accept", "application/json"), ("Cache-Control", "no-cache")],
      purpose: "Reading message traces from the reporting service")
  }

  private func query(
    _ endpoint: Endpoint, _ window: Window, _ conditions: [String], top: Int, order: Order? = nil
  ) -> WebAddress {
    let bounds = QueryBounds(window)
    let span = ["StartDate eq datetime'\(bounds.start)'", "EndDate eq datetime'\(bounds.end)'"]
    let filter = (span + conditions).joined(separator: " and ")
    var fields = [("$format", "json"), ("$filter", filter)]
    if let order { fields.append(("$orderby", order.rawValue)) }
    if top < ReportingPaging.pageSize { fields.append(("$top", "\(top)")) }
    return endpoint.address.withQuery(PercentEncoding.form(fields))
  }

  /// The health check: signs in, reads one row of the last day, compares clocks.
  package func check() async -> SourceCheck { await client.checkHealth(trial) }

  /// The audience of tokens: Exchange Online in the cloud of the endpoint.
  private static func resource(_ host: String) -> String {
    if host.hasSuffix(".us") { return "https://outlook.office365.us" }
    if host.hasSuffix(".cn") { return "https://partner.outlook.cn" }
    return "https://outlook.office365.com"
  }
}

/// Whether the service has refused `$orderby` and then answered without it.
private final class SortSupport: Sendable {
  private let refused = Mutex(false)

  var isRefused: Bool {
    get { refused.withLock { $0 } }
    set { refused.withLock { $0 = newValue } }
  }
}
