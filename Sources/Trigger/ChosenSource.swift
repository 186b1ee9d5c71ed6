// The source that the mode names, as one type: what is chosen at run time stays out of the pipeline's loop.

package import Collector
package import IntakeCore

/// Either service.
package enum ChosenSource: Source {
  case graph(GraphSource)
  case reporting(ReportingSource)

  package init(_ configuration: Configuration, time: TimeSource, log: Log) throws(Failure) {
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

  package var provider: String { source.provider }
  package var widestWindow: Duration { source.widestWindow }
  package var retention: Duration { source.retention }

  /// HTTP requests made so far, sign-in included.
  package var requests: Int {
    switch self {
    case .graph(let source): source.requests
    case .reporting(let source): source.requests
    }
  }

  /// Signs in, reads one row, compares clocks; each is tried once.
  package func check() async -> Diagnosis {
    switch self {
    case .graph(let source): await source.check()
    case .reporting(let source): await source.check()
    }
  }

  package func page(_ window: Window, after cursor: PageCursor?) async throws(Failure) -> Page {
    try await source.page(window, after: cursor)
  }
}
