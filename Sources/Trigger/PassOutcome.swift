// What a pass did and what went wrong: exit code, summary line, status and metrics are derived from it.

package import IntakeCore

package struct PassOutcome: Sendable {
  package var tally = Tally()
  /// By sink name: sinks that have not taken everything; the journal keeps it for them.
  package var sinkFailures: [String: Failure] = [:]
  package var gaps: [Schedule.Gap] = []
  /// What ended the pass early, nil if every due window was read.
  package var interruption: Failure?
  /// Set while parts of windows that were read stay open; the next pass begins in time all the same.
  package var openSpanFailure: Failure?
  package var elapsed: Duration = .zero
  /// HTTP requests made for it, sign-in included.
  package var requests = 0
  /// Throttling responses among them.
  package var throttles = 0
  /// Events that receivers have refused for good, and that were set aside.
  package var rejected = 0
  /// Messages whose delivery events were given up.
  package var detailsGivenUp = 0
  /// By sink name: batches acknowledged.
  package var batches: [String: Int] = [:]

  /// - Parameter interruption: what kept the pass from its end, nil for one that came to it.
  package init(interruption: Failure? = nil) { self.interruption = interruption }

  /// The worst of what went wrong, nil for a clean pass.
  package var failure: Failure? {
    let rejected = rejected > 0 ? Failure.rejected(rejected) : nil
    let own = [interruption, openSpanFailure, rejected].compactMap { $0 }
    return Self.worst(of: sinkFailures.sorted { $0.key < $1.key }.map(\.value) + own)
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
    let figures = [
      ("windows", "\(tally.windows)"), ("rows", "\(tally.rows)"), ("events", "\(tally.emitted)"),
      ("left_out", "\(tally.duplicates)"), ("unmapped", "\(tally.failed)"), ("requests", "\(requests)"),
      ("seconds", "\(Double(elapsed.ticks / 10_000) / 1_000)"),
    ]
    let rare = [("throttled", throttles), ("details_given_up", detailsGivenUp)].filter { $0.1 > 0 }
    return figures + rare.map { ($0.0, "\($0.1)") }
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
