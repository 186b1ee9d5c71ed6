// The status of a tenant after a pass: kept in the state directory, shown by `status`, exported as metrics.

internal import IntakeCore
internal import Trigger

struct PassStatus: Sendable, Equatable {
  struct LastFailure: Sendable, Equatable {
    var code: String
    var exit: Int32
    var sentence: String
    var hint: String?
    var at: Instant
    /// Passes that failed in a row, this one the last of them; 0 once a pass has gone well.
    var streak: Int
  }

  struct Lane: Sendable, Equatable {
    var cursor: Instant
    /// The expected delay of the cursor behind the current time, without the interval of its reads.
    var age: Duration
    /// When the cursor last moved.
    var moved: Instant
  }

  struct SinkState: Sendable, Equatable {
    var sequence: UInt64
    /// Code of the failure that keeps it behind, nil if it is not.
    var failing: String?
    /// Code of the last failure of a request, whether it was overcome or not.
    var lastError: String?
  }

  struct Quota: Sendable, Equatable {
    var used: Int
    var limit: Int
  }

  var tenant = ""
  var mode = ""
  var lastPass: Instant
  var lastSuccess: Instant?
  var elapsed: Duration = .zero
  /// When the daemon comes again, nil for cron.
  var nextRun: Instant?
  var lastFailure: LastFailure?
  var lanes: [String: Lane] = [:]
  var identities = 0
  var journalEntries = 0
  var journalBytes = 0
  var sinks: [String: SinkState] = [:]
  var quota: Quota?
  /// Spans that the service could not return so far.
  var openSpans = 0
  /// The newest ten.
  var gaps: [Schedule.Gap] = []
  var counters: Counters = [:]

  init(lastPass: Instant) { self.lastPass = lastPass }

  /// True if the last pass failed.
  var isFailing: Bool { lastFailure.map { $0.streak > 0 } ?? false }

  /// The part that comes from the pass.
  mutating func note(_ outcome: PassOutcome, at now: Instant) {
    lastPass = now
    elapsed = outcome.elapsed
    if let failure = outcome.failure {
      lastFailure = LastFailure(
        code: failure.code.rawValue, exit: failure.exit.rawValue, sentence: failure.sentence, hint: failure.hint,
        at: now,
        streak: (lastFailure?.streak ?? 0) + 1)
      counters.add("failures", failure.code.rawValue, 1)
    } else {
      lastSuccess = now
      lastFailure?.streak = 0
    }
    gaps = Array((gaps + outcome.gaps).suffix(10))
    count(outcome)
  }

  private mutating func count(_ outcome: PassOutcome) {
    let tally = outcome.tally
    counters.add("passes", 1)
    counters.add("windows", tally.windows)
    counters.add("pages", tally.pages)
    counters.add("rows", tally.rows)
    counters.add("left_out", tally.duplicates)
    counters.add("unmapped", tally.failed)
    counters.add("requests", outcome.requests)
    counters.add("throttles", outcome.throttles)
    if outcome.detailsGivenUp > 0 { counters.add("details_given_up", outcome.detailsGivenUp) }
    counters.add("gaps", outcome.gaps.count)
    // These are there from the first pass on: a rule cannot see the increase of a counter that begins with it.
    counters.add("gap_seconds", 0)
    for gap in outcome.gaps { counters.add("gap_seconds", Int(clamping: gap.window.span.components.seconds)) }
    for (name, count) in outcome.batches {
      counters.add("sink_batches", name, count)
      counters.add("sink_failures", name, outcome.sinkFailures[name] == nil ? 0 : 1)
      counters.add("sink_rejected", name, 0)
    }
    for name in outcome.sinkFailures.keys where outcome.batches[name] == nil { counters.add("sink_failures", name, 1) }
  }

  /// The part that comes from the state.
  mutating func note(
    _ checkpoint: Checkpoint, _ schedule: Schedule, failing: [String: Failure], at now: Instant
  ) {
    var lanes: [String: Lane] = [:]
    for (name, age) in schedule.ages {
      guard let cursor = checkpoint.cursors[name] else { continue }
      let before = self.lanes[name]
      lanes[name] = Lane(cursor: cursor, age: age, moved: before?.cursor == cursor ? before?.moved ?? now : now)
    }
    self.lanes = lanes
    openSpans = checkpoint.openSpans.count
    sinks = Dictionary(
      uniqueKeysWithValues: checkpoint.sinks.map { name, position in
        let code = failing[name]?.code.rawValue
        return (name, SinkState(sequence: position.sequence, failing: code, lastError: code ?? sinks[name]?.lastError))
      })
  }
}

extension Counters {
  mutating func add(_ name: String, _ count: Int) { add(name, "", count) }
}
