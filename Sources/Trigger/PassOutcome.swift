// The outcome of a pass, from which exit code, summary line, status and metrics are derived.

package import IntakeCore

package struct PassOutcome: Sendable {
  package let report: PassReport
  /// The worst of what went wrong, nil for a clean pass.
  package let failure: Failure?

  package init(report: PassReport, failure: Failure?) {
    self.report = report
    self.failure = failure
  }

  package init(_ report: PassReport) {
    let rejected = report.rejected > 0 ? Failure.rejected(report.rejected) : nil
    let own = [report.failure, report.openSpanFailure, rejected].compactMap { $0 }
    let failures = report.sinkFailures.sorted { $0.key < $1.key }.map(\.value) + own
    self.init(report: report, failure: Self.worst(of: failures))
  }

  /// The failure whose exit code speaks for all, nil for none.
  package static func worst(of failures: [Failure]) -> Failure? {
    failures.max { rank($0.exit) < rank($1.exit) }
  }

  /// The exit status that speaks for all: done for none, a bug for one that is not known.
  package static func worst(of statuses: [Int32]) -> ExitCode {
    statuses.map { ExitCode(rawValue: $0) ?? .bug }.max { rank($0) < rank($1) } ?? .done
  }

  /// The values of the pass's summary line.
  package var summary: [(String, String)] {
    let tally = report.tally
    let figures = [
      ("windows", "\(tally.windows)"), ("rows", "\(tally.rows)"), ("events", "\(tally.emitted)"),
      ("left_out", "\(tally.duplicates)"), ("unmapped", "\(tally.failed)"), ("requests", "\(report.requests)"),
      ("seconds", "\(Double(report.elapsed.ticks / 10_000) / 1_000)"),
    ]
    return figures + (report.throttles > 0 ? [("throttled", "\(report.throttles)")] : [])
  }

  /// Failures that need an operator outrank transient ones.
  private static func rank(_ code: ExitCode) -> Int {
    switch code {
    case .tryLater: 1
    case .ioError: 2
    case .cannotCreate: 3
    case .unavailable, .system, .noInput, .usage: 4
    case .protocolBroken: 5
    case .configuration, .badData, .bug: 6
    case .denied: 7
    case .done: 0
    }
  }
}

extension Failure {
  /// Everything else is delivered: the pass ends with this only to be noticed.
  package static func rejected(_ count: Int) -> Failure {
    Failure(
      "sink.rejected", exit: .badData,
      "Delivering: receivers have refused \(count) event\(count == 1 ? "" : "s") for good; they are set aside in the state.",
      hint: "Run: message-trace state rejected")
  }
}
