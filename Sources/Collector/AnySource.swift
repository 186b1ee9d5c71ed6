// The source that the settings name, as one type.

package import HTTPTransport
package import IntakeCore
internal import Synchronization

/// Everything that a source is made from.
package struct SourceSettings: Sendable {
  package enum Service: Sendable {
    /// - Parameter root: such as `https://graph.microsoft.com`.
    case graph(root: String, version: GraphVersion)
    case reporting(endpoint: String)
  }

  package var service: Service
  package var credential: Credential
  package var pageSize: Int
  package var http: HTTPSettings
  /// Where rolling counts of requests are kept, the state's own first; none keeps one in memory.
  package var quotaFiles: QuotaPlaces
  package var quota: QuotaLimit
  /// Whose mail is collected: a GUID, a domain or empty. With a GUID, tokens of another tenant cause a warning.
  package var tenant: String

  /// - Parameter quota: nil: what collectors allow themselves.
  package init(
    _ service: Service, credential: Credential, pageSize: Int, http: HTTPSettings = HTTPSettings(),
    quotaFiles: QuotaPlaces = [], quota: QuotaLimit? = nil, tenant: String = ""
  ) {
    self.service = service
    self.credential = credential
    self.pageSize = pageSize
    self.http = http
    self.quotaFiles = quotaFiles
    self.tenant = tenant
    switch service {
    case .graph: self.quota = quota ?? TraceService.graph.quota
    case .reporting: self.quota = quota ?? TraceService.reporting.quota
    }
  }
}

/// What either service offers beside its pages.
protocol TraceSource: DetailedSearching {
  var client: ServiceClient { get }
  /// Signs in, reads one row, compares clocks; each is tried once.
  func check() async -> SourceCheck
}

extension GraphSource: TraceSource {}
extension ReportingSource: TraceSource {}

/// Either source, with its connection, token and quota.
package struct AnySource: Source {
  private let service: any TraceSource
  private let waits = WaitLimit()

  package init(_ settings: SourceSettings, time: TimeSource, log: Log) throws(Failure) {
    let time = waits.limited(time)
    switch settings.service {
    case .graph(let root, let version):
      service = try GraphSource(
        root: root, version: version, credential: settings.credential, pageSize: settings.pageSize,
        http: settings.http, time: time, log: log, quotaFiles: settings.quotaFiles, quota: settings.quota,
        tenant: settings.tenant)
    case .reporting(let endpoint):
      service = try ReportingSource(
        endpoint: endpoint, credential: settings.credential, pageSize: settings.pageSize, http: settings.http,
        time: time, log: log, quotaFiles: settings.quotaFiles, quota: settings.quota, tenant: settings.tenant)
    }
  }

  /// For searches and delivery events.
  package var searchable: any DetailedSearching { service }

  package var provider: String { service.provider }
  package var widestWindow: Duration { service.widestWindow }
  package var retention: Duration { service.retention }

  /// HTTP requests so far, retries and sign-in included.
  package var requests: Int { service.client.counter.requests }

  /// Throttling responses so far (429, 503, 509), retries included.
  package var throttles: Int { service.client.counter.throttles }

  /// Signs in, reads one row, compares clocks; nothing is retried.
  package func check() async -> SourceCheck { await service.check() }

  package func page(_ window: Window, after cursor: PageCursor?) async throws(Failure) -> Page {
    try await service.page(window, after: cursor)
  }

  /// From now on a request that would have to wait longer than this fails with the code `.waitTooLong`; nil: it waits.
  package func limitWaits(to longest: Duration?) { waits.longest.withLock { $0 = longest } }
}

/// The longest wait for the quota or a Retry-After that a source accepts.
private final class WaitLimit: Sendable {
  let longest = Mutex<Duration?>(nil)

  func limited(_ time: TimeSource) -> TimeSource {
    TimeSource(
      now: time.now,
      sleep: { duration async throws(CancellationError) in
        if let longest = self.longest.withLock({ $0 }), duration > longest { throw CancellationError() }
        try await time.sleep(duration)
      })
  }
}
