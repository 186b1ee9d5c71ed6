// The source that the mode names, as one type: what is chosen at run time stays out of the pipeline's loop.

internal import Collector
internal import Configuration
internal import IntakeCore

/// Either service.
enum AnySource: Source {
  case graph(GraphSource)
  case reporting(ReportingSource)

  init(_ configuration: TenantSettings, time: TimeSource, log: Log) throws(Failure) {
    let quotaFile = "\(configuration.statePath)/quota"
    switch configuration.mode {
    case .graph:
      self = .graph(
        try GraphSource(
          root: configuration.graphURL, version: configuration.graphVersion, credential: configuration.credential,
          pageSize: configuration.pageSize, http: configuration.http, time: time, log: log, quotaFile: quotaFile,
          tenant: configuration.tenant))
    case .reporting:
      self = .reporting(
        try ReportingSource(
          endpoint: configuration.reportingURL, credential: configuration.credential,
          pageSize: configuration.pageSize, http: configuration.http, time: time, log: log, quotaFile: quotaFile,
          tenant: configuration.tenant))
    }
  }

  private var source: any Source {
    switch self {
    case .graph(let source): source
    case .reporting(let source): source
    }
  }

  var provider: String { source.provider }
  var widestWindow: Duration { source.widestWindow }
  var retention: Duration { source.retention }

  /// HTTP requests made so far, sign-in included.
  var requests: Int {
    switch self {
    case .graph(let source): source.requests
    case .reporting(let source): source.requests
    }
  }

  /// Answers so far that asked for patience: 429, 503 and their like.
  var throttles: Int {
    switch self {
    case .graph(let source): source.throttles
    case .reporting(let source): source.throttles
    }
  }

  /// Signs in, reads one row, compares clocks; each is tried once.
  func check() async -> Diagnosis {
    switch self {
    case .graph(let source): await source.check()
    case .reporting(let source): await source.check()
    }
  }

  func page(_ window: Window, after cursor: PageCursor?) async throws(Failure) -> Page {
    try await source.page(window, after: cursor)
  }
}
