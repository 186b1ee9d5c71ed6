// The two services that give out message traces, and the quota of each.

package import HTTPTransport

package enum TraceService: String, Sendable, CaseIterable {
  case graph, reporting

  /// What collectors allow themselves. Graph allows a tenant 100 requests in five minutes; ten are left to administrators.
  /// Microsoft publishes no limit for the reporting service; one request a second is polite.
  package var quota: QuotaLimit {
    switch self {
    case .graph: QuotaLimit(requests: 90)
    case .reporting: QuotaLimit(requests: 300)
    }
  }

  /// What a search may use, collectors included.
  package var searchQuota: QuotaLimit {
    switch self {
    case .graph: QuotaLimit(requests: 98)
    case .reporting: quota
    }
  }

  /// What a backfill may use, collectors included: Graph's live collection needs about 20 requests.
  package var backfillQuota: QuotaLimit {
    switch self {
    case .graph: QuotaLimit(requests: 50)
    case .reporting: QuotaLimit(requests: 250)
    }
  }
}
