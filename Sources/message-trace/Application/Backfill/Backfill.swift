// A bounded span of the past, slice by slice. The state is held for one slice at a time, so that live collection gets its
// turn between any two; part of the quota is never touched.

internal import Checkpoint
internal import Collector
internal import HTTPTransport
internal import IntakeCore
internal import Trigger

struct Backfill: Sendable {
  private(set) var progress: BackfillProgress
  /// What is not well although every slice was read: a sink is behind, or a span stays open.
  var failure: Failure? { PassOutcome.worst(of: [sinkFailure, openSpanFailure].compactMap { $0 }) }

  /// What keeps a sink behind: its batches wait in the journal.
  private var sinkFailure: Failure?
  /// Those of the state, whatever has read them; nil before it was opened.
  private var openSpans: [OpenSpan]?
  /// Where the span starts that this call has added, nil if it only finishes what was begun before.
  private let added: Instant?
  /// Of that span.
  private let order: BackfillProgress.Order

  private let assembly: Assembly
  private let tell: @Sendable (BackfillProgress) -> Void
  private let tellWait: @Sendable (BackfillProgress, Duration) -> Void
  private var source: AnySource?
  private var length = WindowLength(first: .seconds(3_600), limits: .seconds(60) ... .seconds(86_400))

  /// Between two slices, so that whoever waits for the state gets it.
  static let turn: Duration = .milliseconds(300)

  /// - Parameters:
  ///   - progress: what is unfinished, and what waits.
  ///   - added: where the span starts that this call has added to it, nil if it has added none.
  ///   - order: of spans that wait.
  ///   - tell: called after each slice.
  ///   - tellWait: called before each wait for the quota, with its length.
  init(
    _ assembly: Assembly, progress: BackfillProgress, adding added: Instant?, order: BackfillProgress.Order,
    tell: @escaping @Sendable (BackfillProgress) -> Void,
    tellWait: @escaping @Sendable (BackfillProgress, Duration) -> Void
  ) {
    self.tellWait = tellWait
    (self.added, self.order) = (added, order)
    self.assembly = assembly
    self.progress = progress
    self.tell = tell
  }

  /// Events that receivers have refused, in all slices.
  private var rejected = 0

  private var documents: any StateDocuments { assembly.settings.statePlace.documents }
  private var time: TimeSource { assembly.time }

  /// How long until the quota has room for another slice beside live collection.
  private var quotaWait: Duration {
    let allowed = assembly.settings.mode.service.backfillQuota.requests
    return assembly.settings.quotaUsage(time.now())?.wait(until: allowed, now: time.now()) ?? .zero
  }

  /// Reads the rest of the span, what waits behind it, and open spans of earlier calls. After an error the same call continues
  /// where this one ended.
  mutating func run() async throws(Failure) {
    let source = try AnySource(assembly.settings, time: time, log: assembly.log)
    let begun = time.now()
    let floor = begun - source.retention + Schedule.retentionMargin
    try checkRetention(floor, source)
    self.source = source
    // A process that keeps the tenant between its passes sees it, and lets go.
    if assembly.settings.statePlace.database != nil || !progress.waiting.isEmpty { try progress.write(documents) }
    repeat {
      if let lost = progress.leaveOut(before: floor) { assembly.log.gap("backfill", lost) }
      try await readSlices(source)
    } while progress.takeWaiting(order)
    try await retryOpenSpans(triedBefore: begun, source)
    BackfillProgress.remove(documents)
  }

  private mutating func readSlices(_ source: AnySource) async throws(Failure) {
    assembly.log(
      .info, "backfill.start",
      "Reading the span; what this state has delivered before is left out, also for sinks that were added later.",
      [
        ("from", Timestamp.text(progress.span.start)), ("to", Timestamp.text(progress.span.end)),
        ("left", progress.text),
      ])
    while let slice = progress.next(min(length.current, source.widestWindow)) {
      let tally = try await readWithinQuota(.slice(slice))
      progress.done += slice.span
      progress.tally += tally
      progress.updated = time.now()
      try progress.write(documents)
      length.adapt(to: tally)
      tell(progress)
      if !progress.isComplete { try await wait(Self.turn) }
    }
  }

  /// Each open span of the state that this run has not tried yet, as a pass does; the progress is kept until then, so that the
  /// same call comes back here.
  private mutating func retryOpenSpans(triedBefore begun: Instant, _ source: AnySource) async throws(Failure) {
    if openSpans == nil { _ = try await readWithinQuota(.nothing) }
    for span in openSpans ?? [] where span.tried < begun {
      progress.tally += try await readWithinQuota(.openSpan(span))
    }
  }

  /// What one opening of the state is for.
  private enum Step {
    case slice(Window)
    case openSpan(OpenSpan)
    /// To learn which spans are open.
    case nothing

    var start: Instant? {
      switch self {
      case .slice, .nothing: nil
      case .openSpan(let span): span.window.start
      }
    }
  }

  private mutating func readWithinQuota(_ step: Step) async throws(Failure) -> Tally {
    guard !Task.isCancelled else { throw .stopped }
    let pause = quotaWait
    if pause > .zero { tellWait(progress, pause) }
    try await wait(pause)
    return try await readWhenFree(step)
  }

  /// Waits while another process works with the state.
  private mutating func readWhenFree(_ step: Step) async throws(Failure) -> Tally {
    while true {
      do {
        return try await read(step)
      } catch {
        guard error.isOfHolder else { throw error }
        try await wait(Self.turn)
      }
    }
  }

  /// The ledger is opened as far back as the whole span, with a day to spare for times that the services spell
  /// differently.
  private mutating func read(_ step: Step) async throws(Failure) -> Tally {
    let start = min(progress.span.start, step.start ?? progress.span.start)
    var pipeline = try assembly.pipeline(source: source, recalling: start - .seconds(86_400))
    let renewal = pipeline.state.lease.map { LeaseRenewal($0, log: assembly.log) }
    defer { renewal?.stop() }
    let result: Result<Tally, Failure>
    do {
      try await pipeline.open(forgetting: assembly.settings.forgetsSinks)
      try await pipeline.drain()
      result = .success(try await take(step, &pipeline))
    } catch {
      result = .failure(error)
    }
    for (window, failure) in pipeline.unread { assembly.log.spanLeftOpen(window, failure) }
    openSpans = pipeline.state.checkpoint.openSpans
    rejected += pipeline.sinks.reduce(0) { $0 + $1.figures.rejected }
    sinkFailure = pipeline.sinkFailures.values.first ?? (rejected > 0 ? .rejected(rejected) : nil)
    await pipeline.shutDown()
    return try result.get()
  }

  private func take(_ step: Step, _ pipeline: inout TenantPipeline) async throws(Failure) -> Tally {
    switch step {
    case .nothing: return Tally()
    case .slice(let slice): return try await pipeline.read(slice, moving: nil, age: .zero)
    case .openSpan(let span):
      // A pass may have read it meanwhile.
      guard pipeline.state.checkpoint.openSpans.contains(span) else { return Tally() }
      guard !span.isLost(time.now(), retention: pipeline.source.retention) else {
        assembly.log.gap("open span", span.window)
        try pipeline.giveUp(span)
        return Tally()
      }
      let (tally, failure) = try await pipeline.retry(span)
      if failure == nil { assembly.log.spanRead(span.window) }
      return tally
    }
  }

  private var openSpanFailure: Failure? {
    Failure.open(
      openSpans ?? [],
      hint:
        "Run the same call again later: each backfill and each pass of this state tries open spans again, for a week.")
  }

  private func wait(_ duration: Duration) async throws(Failure) {
    guard duration > .zero else { return }
    do { try await time.sleep(duration) } catch { throw .stopped }
  }

  /// Only what is asked for now may not begin too early: what was begun before has grown old.
  private func checkRetention(_ floor: Instant, _ source: AnySource) throws(Failure) {
    guard let added, added < floor else { return }
    throw Failure(
      "backfill.retention", exit: .usage,
      "Starting the backfill: the service keeps rows for \(source.retention.components.seconds / 86_400) days only.",
      hint: "Begin at \(Timestamp.text(floor)) or later.")
  }
}
