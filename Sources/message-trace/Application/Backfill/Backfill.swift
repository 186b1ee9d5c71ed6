// A bounded span of the past, slice by slice. The state is held for one slice at a time, so that live collection gets its
// turn between any two; part of the quota is never touched.

internal import Checkpoint
internal import Collector
internal import HTTPTransport
internal import IntakeCore
internal import Trigger

struct Backfill: Sendable {
  private(set) var progress: BackfillProgress
  /// What keeps a sink behind: its batches wait in the journal.
  private(set) var sinkFailure: Failure?

  private let assembly: Assembly
  private let tell: @Sendable (BackfillProgress) -> Void
  private let tellWait: @Sendable (BackfillProgress, Duration) -> Void
  private var source: AnySource?
  private var length = WindowLength(first: .seconds(3_600), limits: .seconds(60) ... .seconds(86_400))

  /// Between two slices, so that whoever waits for the state gets it.
  static let turn: Duration = .milliseconds(300)

  /// - Parameters:
  ///   - tell: called after each slice.
  ///   - tellWait: called before each wait for the quota, with its length.
  init(
    _ assembly: Assembly, progress: BackfillProgress, tell: @escaping @Sendable (BackfillProgress) -> Void,
    tellWait: @escaping @Sendable (BackfillProgress, Duration) -> Void
  ) {
    self.tellWait = tellWait
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

  /// Reads the rest of the span. After an error the same call continues where this one ended.
  mutating func run() async throws(Failure) {
    let source = try AnySource(assembly.settings, time: time, log: assembly.log)
    try check(source)
    self.source = source
    assembly.log(
      .info, "backfill.start",
      "Reading the span; what this state has delivered before is left out, also for sinks that were added later.",
      [
        ("from", Timestamp.text(progress.span.start)), ("to", Timestamp.text(progress.span.end)),
        ("left", progress.text),
      ])
    // A process that keeps the tenant between its passes sees it, and lets go.
    if assembly.settings.statePlace.database != nil { try progress.write(documents) }
    while let slice = progress.next(min(length.current, source.widestWindow)) {
      guard !Task.isCancelled else { throw .stopped }
      let pause = quotaWait
      if pause > .zero { tellWait(progress, pause) }
      try await wait(pause)
      let tally = try await readWhenFree(slice)
      progress.done += slice.span
      progress.tally += tally
      progress.updated = time.now()
      try progress.write(documents)
      length.adapt(to: tally)
      tell(progress)
      if !progress.isComplete { try await wait(Self.turn) }
    }
    BackfillProgress.remove(documents)
  }

  /// One slice; waits while another process works with the state.
  private mutating func readWhenFree(_ slice: Window) async throws(Failure) -> Tally {
    while true {
      do {
        return try await read(slice)
      } catch {
        guard error.isOfHolder else { throw error }
        try await wait(Self.turn)
      }
    }
  }

  /// The ledger is opened as far back as the whole span, with a day to spare for times that the services spell
  /// differently.
  private mutating func read(_ slice: Window) async throws(Failure) -> Tally {
    var pipeline = try assembly.pipeline(source: source, recalling: progress.span.start - .seconds(86_400))
    let renewal = pipeline.state.lease.map { LeaseRenewal($0, log: assembly.log) }
    defer { renewal?.stop() }
    let result: Result<Tally, Failure>
    do {
      try await pipeline.open(forgetting: assembly.settings.forgetsSinks)
      try await pipeline.drain()
      result = .success(try await pipeline.read(slice, moving: nil, age: .zero))
    } catch {
      result = .failure(error)
    }
    rejected += pipeline.sinks.reduce(0) { $0 + $1.figures.rejected }
    sinkFailure = pipeline.sinkFailures.values.first ?? (rejected > 0 ? .rejected(rejected) : nil)
    await pipeline.shutDown()
    return try result.get()
  }

  private func wait(_ duration: Duration) async throws(Failure) {
    guard duration > .zero else { return }
    do { try await time.sleep(duration) } catch { throw .stopped }
  }

  private func check(_ source: AnySource) throws(Failure) {
    let floor = time.now() - source.retention + Schedule.retentionMargin
    guard progress.span.start < floor, progress.done == .zero else { return }
    throw Failure(
      "backfill.retention", exit: .usage,
      "Starting the backfill: the service keeps rows for \(source.retention.components.seconds / 86_400) days only.",
      hint: "Begin at \(Timestamp.text(floor)) or later.")
  }
}
