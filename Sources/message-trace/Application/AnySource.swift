// The source that the mode names, as one type: the choice at run time stays out of the pipeline's loop.

internal import Collector
internal import Configuration
internal import IntakeCore
internal import Synchronization

/// What a source of this program offers beside its pages.
protocol TenantSource: Source, DetailedSearching {
  /// HTTP requests made so far, sign-in included.
  var requests: Int { get }
  /// Throttling responses so far: 429, 503 and 509.
  var throttles: Int { get }
  /// Signs in, reads one row, compares clocks; each is tried once.
  func check() async -> Diagnosis
}

extension GraphSource: TenantSource {}
extension ReportingSource: TenantSource {}

/// The source of either service, with its connection, token and quota.
struct AnySource: Source {
  /// The service itself, for searches and details.
  let service: any TenantSource
  private let waits: WaitLimit

  /// - Parameters:
  ///   - quotaFile: the count of requests that all processes of this tenant share; nil keeps it in memory.
  ///   - graphQuota: requests to Graph in five minutes.
  init(
    _ settings: TenantSettings, quotaFile: String?, graphQuota: Int = TenantQuota.limit, time: TimeSource, log: Log
  ) throws(Failure) {
    waits = WaitLimit()
    let time = waits.limited(time)
    switch settings.mode {
    case .graph:
      service = try GraphSource(
        root: settings.graphURL, version: settings.graphVersion, credential: settings.credential,
        pageSize: settings.pageSize, http: settings.http, time: time, log: log, quotaFile: quotaFile,
        quota: graphQuota, tenant: settings.tenant)
    case .reporting:
      service = try ReportingSource(
        endpoint: settings.reportingURL, credential: settings.credential, pageSize: settings.pageSize,
        http: settings.http, time: time, log: log, quotaFile: quotaFile, tenant: settings.tenant)
    }
  }

  /// The source of a collector, which counts its requests in the state directory.
  init(_ settings: TenantSettings, time: TimeSource, log: Log) throws(Failure) {
    try self.init(settings, quotaFile: "\(settings.statePath)/quota", time: time, log: log)
  }

  var provider: String { service.provider }
  var widestWindow: Duration { service.widestWindow }
  var retention: Duration { service.retention }
  var requests: Int { service.requests }
  var throttles: Int { service.throttles }

  func check() async -> Diagnosis { await service.check() }

  func page(_ window: Window, after cursor: PageCursor?) async throws(Failure) -> Page {
    try await service.page(window, after: cursor)
  }

  /// From now on a request that would have to wait longer than this fails with `Failure.stopped`; nil: it waits.
  func limitWaits(to longest: Duration?) { waits.longest.withLock { $0 = longest } }
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
