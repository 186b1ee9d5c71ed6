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
  /// The file in which all processes of this state directory count requests.
  var quotaFile: String { "\(statePath)/quota" }

  /// The requests of all processes so far; nil if none was ever counted.
  func quotaUsage(_ now: Instant) -> QuotaUsage? {
    QuotaUsage(file: quotaFile, limit: mode.service.quota, now: now)
  }

  var sourceSettings: SourceSettings {
    let service: SourceSettings.Service =
      switch mode {
      case .graph: .graph(root: graphURL, version: graphVersion)
      case .reporting: .reporting(endpoint: reportingURL)
      }
    return SourceSettings(
      service, credential: credential, pageSize: pageSize, http: http, quotaFile: quotaFile, tenant: tenant)
  }
}

extension AnySource {
  init(_ settings: TenantSettings, time: TimeSource, log: Log) throws(Failure) {
    try self.init(settings.sourceSettings, time: time, log: log)
  }
}
