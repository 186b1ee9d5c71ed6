// A week of passes at one a minute for 20 tenants side by side in one process, on clocks of their own: nothing lost,
// nothing doubled, the quota kept, and a tenant that cannot sign in is alone with it.

internal import Configuration
internal import IntakeCore
internal import IntakeTesting
internal import Synchronization
import Testing
internal import Trigger

@testable internal import message_trace

/// A clock whose sleepers go on at once, and are told that it is over when the time is up.
private final class BoundedClock: Sendable {
  private let now: Mutex<Instant>
  private let end: Instant

  init(_ start: Instant, end: Instant) {
    now = Mutex(start)
    self.end = end
  }

  var source: TimeSource {
    TimeSource(
      now: { self.now.withLock { $0 } },
      sleep: { duration async throws(CancellationError) in
        let isOver = self.now.withLock { now in
          now = now + duration
          return now >= self.end
        }
        if isOver { throw CancellationError() }
      })
  }
}

/// Rows that become visible late, one every 20 minutes, and the times of all requests.
private final class LateSource: Source {
  let provider = "graph"
  let widestWindow: Duration = .seconds(10 * 86_400)
  let retention: Duration = .seconds(90 * 86_400)
  private let start: Instant
  private let time: TimeSource
  private let isRevoked: Bool
  private let state = Mutex<(recent: [Instant], busiest: Int, requests: Int)>(([], 0, 0))

  init(start: Instant, time: TimeSource, isRevoked: Bool) {
    self.start = start
    self.time = time
    self.isRevoked = isRevoked
  }

  var requests: Int { state.withLock { $0.requests } }
  /// Most requests in any five minutes.
  var busiest: Int { state.withLock { $0.busiest } }

  static let step: Duration = .seconds(1_200)

  /// Row number `index` is received on its step and seen up to 20 hours later.
  func received(_ index: Int64) -> Instant { start + .ticks(Self.step.ticks * index) }
  static func delay(_ index: Int64) -> Duration { .seconds(index % 3 == 0 ? index * 7_919 % 72_000 : index % 50) }

  func page(_ window: Window, after cursor: PageCursor?) async throws(Failure) -> Page {
    let now = time.now()
    state.withLock { state in
      state.requests += 1
      state.recent.removeAll { now - $0 >= .seconds(300) }
      state.recent.append(now)
      state.busiest = max(state.busiest, state.recent.count)
    }
    if isRevoked { throw Failure("signin.denied", exit: .denied, "Signing in: the secret was revoked.") }
    let first = max(0, (window.start - start).ticks / Self.step.ticks)
    let last = (window.end - start).ticks / Self.step.ticks
    var bytes: [UInt8] = []
    var rows: [Range<Int>] = []
    for index in first...max(first, last) {
      let received = received(index)
      guard received >= window.start, received <= window.end, received + Self.delay(index) <= now else { continue }
      let begin = bytes.count
      bytes.append(contentsOf: Array("\(index)".utf8))
      rows.append(begin..<bytes.count)
    }
    return Page(bytes: bytes, rows: rows)
  }
}

/// Passes over a pipeline in memory; keeps the status as the real ones do.
private struct MemoryPasses: PassRunning {
  let every: Duration = .seconds(60)
  var pipeline: Pipeline<LateSource, PlainMapping, MemoryStore>
  let schedule: Schedule
  let time: TimeSource
  let status: SharedStatus

  mutating func reload() throws(Failure) {}

  mutating func pass() async -> PassOutcome {
    await Pass(schedule: schedule, time: time, log: .silent).run(&pipeline)
  }

  mutating func publish(_ outcome: PassOutcome, next: Instant?) -> Failure? {
    status.value.withLock { status in
      status.note(outcome, at: time.now())
      status.nextRun = next
    }
    return nil
  }
}

private final class SharedStatus: Sendable {
  let value = Mutex(PassStatus(lastPass: Instant(seconds: 0)))
}

@Suite struct WeekTests {
  static let start = Instant(seconds: 1_790_000_000)
  static let end = start + .seconds(7 * 86_400)

  struct Outcome: Sendable {
    var lines: [String]
    var status: PassStatus
    var busiest: Int
    var requests: Int
  }

  @Test("20 tenants, one of them revoked: all others lose nothing, double nothing and keep their pace")
  func week() async throws {
    let outcomes = await withTaskGroup(of: (Int, Outcome).self) { group in
      for tenant in 0..<20 {
        group.addTask(executorPreference: ThreadExecutor(name: "tenant \(tenant)")) {
          (tenant, await Self.collect(isRevoked: tenant == 13))
        }
      }
      return await group.reduce(into: [:]) { $0[$1.0] = $1.1 }
    }
    #expect(outcomes.count == 20)
    // Rows that have been visible for longer than the slowest revisit's step.
    let due = (0..<(7 * 72)).filter { index in
      let seen = Self.start + .ticks(LateSource.step.ticks * Int64(index)) + LateSource.delay(Int64(index))
      return seen < Self.end - .seconds(30 * 3_600)
    }
    for (tenant, outcome) in outcomes where tenant != 13 {
      let once = Set(outcome.lines)
      #expect(once.count == outcome.lines.count)
      #expect(due.count { !once.contains("\($0)") } == 0)
      #expect(outcome.status.counters["passes"]?[""] == 7 * 1_440 + 1)
      #expect(!outcome.status.isFailing && outcome.busiest <= 20)
    }
    let revoked = try #require(outcomes[13])
    #expect(revoked.lines.isEmpty && revoked.status.isFailing && revoked.status.lastFailure?.code == "signin.denied")
    // At most one try in 15 minutes once the pause has grown, and never given up.
    #expect(revoked.requests > 500 && revoked.requests < 7 * 96 + 10)
    #expect(revoked.status.lastFailure?.streak == revoked.requests)
  }

  private static func collect(isRevoked: Bool) async -> Outcome {
    let time = BoundedClock(start, end: end).source
    let source = LateSource(start: start, time: time, isRevoked: isRevoked)
    let sink = MemorySink()
    let pipeline = Pipeline(source: source, mapping: PlainMapping(), sinks: [sink], state: MemoryStore(), time: time)
    let status = SharedStatus()
    let schedule = Schedule(every: .seconds(60), lag: .seconds(60), revisits: Defaults.revisits, since: .zero)
    var passes = MemoryPasses(pipeline: pipeline, schedule: schedule, time: time, status: status)
    do { try await passes.pipeline.open() } catch { Issue.record("\(error)") }
    let atEnd: @Sendable (PassOutcome) -> Void = { _ in
      if time.now() >= end - .seconds(1) { unsafe withUnsafeCurrentTask { task in unsafe task?.cancel() } }
    }
    var run = PlaybookRun(
      passes, status: RunStatus(name: "t"), time: time, log: .silent, random: { 0 }, onEnd: atEnd)
    do { try await run.run(givesUp: false) } catch { Issue.record("\(error)") }
    return Outcome(
      lines: sink.lines, status: status.value.withLock { $0 }, busiest: source.busiest, requests: source.requests)
  }
}
