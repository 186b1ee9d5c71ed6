// The legacy Office 365 Reporting Web Service, OData MessageTrace. Facts of the protocol: MS-ODATA and Microsoft's pages on
// the report; what the service really does differs and is said where it matters.

package import HTTPTransport
package import IntakeCore

/// Message traces from the legacy service.
///
/// The oldest rows are asked for first: paging is by position, so that mail which comes in meanwhile is then found at the
/// end, where with the service's own order it would be missed until a revisit. Nothing relies on it, and a service that
/// refuses is asked without. No `$select`: a column that the service adds one day is not to be lost.
package struct ReportingSource: Source {
  package let provider = "reporting"
  package let widestWindow = Duration.seconds(10 * 86_400)
  package let retention = Duration.seconds(30 * 86_400)

  /// `$orderby`; seen to work in other clients.
  enum Order: String {
    case oldestFirst = "Received asc"
    /// For searches that end when they have enough.
    case newestFirst = "Received desc"
  }

  let reader: Reader
  let traces: Collection
  let events: Collection
  let pageSize: Int

  /// - Parameters:
  ///   - endpoint: such as `https://reports.office365.com/ecp/reportingwebservice/reporting.svc`.
  ///   - pageSize: rows a page, 1 to 2000; with 2000 the service pages by itself.
  ///   - quotaFile: where the rolling count of requests is kept; nil keeps it in memory.
  ///   - quota: requests in 300 s. Microsoft publishes no limit: one a second is polite.
  ///   - tenant: whose mail is meant; where it is a GUID, tokens of another tenant are told of.
  package init(
    endpoint: String, credential: Credential, pageSize: Int = 2_000, http: HTTPSettings = HTTPSettings(),
    time: TimeSource = .system, log: Log = Log(), quotaFile: String? = nil, quota: Int = 300,
    tenant: String = ""
  ) throws(Failure) {
    guard let address = WebAddress(endpoint) else { throw .badURL("reporting URL", endpoint) }
    guard (1...ReportingPaging.pageSize).contains(pageSize) else {
      throw .pageSize(pageSize, most: ReportingPaging.pageSize)
    }
    traces = Collection(address: address.appending("MessageTrace"))
    events = Collection(address: address.appending("MessageTraceDetail"))
    self.pageSize = pageSize
    reader = try Reader(
      .reporting,
      ReaderSetup(
        credential: credential, http: http, time: time, log: log, quotaFile: quotaFile, quota: quota,
        tenant: tenant),
      origin: address.origin, resource: Self.resource(address.origin.host))
  }

  /// HTTP requests made so far, retries and sign-in included.
  package var requests: Int { reader.count.requests }

  /// Answers so far that asked for fewer or later requests (429, 503, 509), each retry's own included.
  package var throttles: Int { reader.count.throttles }

  package func page(_ window: Window, after cursor: PageCursor?) async throws(Failure) -> Page {
    try await read(traces, [], window, cursor, order: .oldestFirst)
  }

  /// The delivery events of one message to one recipient, as far as they lie in the window.
  package func details(
    of traceID: String, recipient: String, sender: String? = nil, in window: Window, after cursor: PageCursor? = nil
  ) async throws(Failure) -> Page {
    var terms = QueryTerms(values: [.traceID: try ODataLiteral.traceID(traceID), .recipient: recipient])
    terms.values[.sender] = sender
    return try await read(events, QueryClause.reporting(terms), window, cursor, order: nil)
  }

  /// One page of a report under conditions in the service's own words.
  func read(
    _ collection: Collection, _ conditions: [String], _ window: Window, _ cursor: PageCursor?, order: Order?
  ) async throws(Failure) -> Page {
    let next = try cursor.map { (cursor) throws(Failure) in try collection.address(behind: cursor) }
    let order = reader.once.knows(Self.unsorted) ? nil : order
    let first = query(collection, window, conditions, top: pageSize, order: order)
    do {
      return try await read(next ?? first, isContinued: next != nil)
    } catch {
      guard error.code == .refused, next == nil, order != nil else { throw error }
      let page = try await read(query(collection, window, conditions, top: pageSize, order: nil), isContinued: false)
      _ = reader.once.isNew(Self.unsorted)
      return page
    }
  }

  /// The service refused to sort and then answered without: it is not asked to again.
  private static let unsorted = "reporting.unsorted"

  private func read(_ address: WebAddress, isContinued: Bool) async throws(Failure) -> Page {
    let request = request(address)
    guard !ReportingPaging.isBeyondCap(request.address) else { throw ReportingPaging.beyondCap(request) }
    var page: Page
    do {
      page = try await reader.page(request, isContinued: isContinued)
    } catch {
      throw Self.blamingWindow(error)
    }
    page.next = page.next ?? ReportingPaging.following(page, of: address, top: pageSize)
    return page
  }

  /// A time-out of this service means a window with too many rows more often than a network that is down.
  private static func blamingWindow(_ failure: Failure) -> Failure {
    guard Reader.slowCodes.contains(failure.code) else { return failure }
    var failure = failure
    failure.recovery = .smallerWindow
    return failure
  }

  /// One row of the last day.
  var trial: Request { request(query(traces, .lastDay(before: reader.time.now()), [], top: 1)) }

  private func request(_ address: WebAddress) -> Request {
    Request(
      .get, address,
      headers: [("Accept", "application/json"), ("Cache-Control", "no-cache")],
      purpose: "Reading message traces from the reporting service")
  }

  private func query(
    _ collection: Collection, _ window: Window, _ conditions: [String], top: Int, order: Order? = nil
  ) -> WebAddress {
    let bounds = QueryBounds(window)
    let span = ["StartDate eq datetime'\(bounds.start)'", "EndDate eq datetime'\(bounds.end)'"]
    let filter = (span + conditions).joined(separator: " and ")
    var fields = [("$format", "json"), ("$filter", filter)]
    if let order { fields.append(("$orderby", order.rawValue)) }
    if top < ReportingPaging.pageSize { fields.append(("$top", "\(top)")) }
    return collection.address.asking(PercentEncoding.form(fields))
  }

  /// Exchange Online in the endpoint's own cloud: what tokens are asked for.
  private static func resource(_ host: String) -> String {
    if host.hasSuffix(".us") { return "https://outlook.office365.us" }
    if host.hasSuffix(".cn") { return "https://partner.outlook.cn" }
    return "https://outlook.office365.com"
  }
}
