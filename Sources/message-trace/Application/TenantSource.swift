// The source that a tenant's settings name, and its quota.

internal import Collector
internal import Configuration
internal import HTTPTransport
internal import IntakeCore

extension Mode {
  var service: TraceService {
    switch self {
    case .graph: .graph
    case .reporting: .reporting
    }
  }
}

extension TenantSettings {
  /// The files in which requests are counted: by all processes of this state, and by those of the tenant's other states.
  var quotaFiles: [String] {
    ["\(statePath)/quota"] + [sharedQuota].compactMap { $0 }.filter(SharedQuota.isUsable)
  }

  /// The requests of all processes so far; nil if none was ever counted.
  func quotaUsage(_ now: Instant) -> QuotaUsage? {
    quotaFiles.compactMap { QuotaUsage(file: $0, limit: mode.service.quota, now: now) }.max { $0.used < $1.used }
  }

  var sourceSettings: SourceSettings {
    let service: SourceSettings.Service =
      switch mode {
      case .graph: .graph(root: graphURL, version: graphVersion)
      case .reporting: .reporting(endpoint: reportingURL)
      }
    return SourceSettings(
      service, credential: credential, pageSize: pageSize, http: http, quotaFiles: quotaFiles, tenant: tenant)
  }
}

extension AnySource {
  init(_ settings: TenantSettings, time: TimeSource, log: Log) throws(Failure) {
    try self.init(settings.sourceSettings, time: time, log: log)
  }
}
