// A week of passes for 20 tenants side by side in one process, at one a minute or in five, on clocks of their own: nothing lost,
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

/// Passes over a pipeline in memory; keeps the status as the real ones do.
private struct MemoryPasses: PassRunning {
  let every: Duration
  var pipeline: Pipeline<WeekSource, PlainMapping, MemoryStore>
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
    var source: WeekSource
  }

  /// Every fifth tenant has a pass a minute, the revoked one among them; the others one in five.
  private static func every(_ tenant: Int) -> Duration { .seconds(tenant % 5 == 3 ? 60 : 300) }

  @Test("20 tenants, one of them revoked: all others lose nothing, double nothing and keep their pace")
  func week() async throws {
    let outcomes = await withTaskGroup(of: (Int, Outcome).self) { group in
      for tenant in 0..<20 {
        group.addTask(executorPreference: ThreadExecutor(name: "tenant \(tenant)")) {
          (tenant, await Self.collect(every: Self.every(tenant), isRevoked: tenant == 13))
        }
      }
      return await group.reduce(into: [:]) { $0[$1.0] = $1.1 }
    }
    #expect(outcomes.count == 20)
    for (tenant, outcome) in outcomes where tenant != 13 {
      let once = Set(outcome.lines)
      #expect(once.count == outcome.lines.count)
      // Rows that have been visible for longer than the slowest revisit's step.
      #expect(outcome.source.due(by: Self.end).count { !once.contains("\($0)") } == 0)
      let passes = (Self.end - Self.start).ticks / Self.every(tenant).ticks + 1
      #expect(outcome.status.counters["passes"]?[""] == Int(passes))
      #expect(!outcome.status.isFailing && outcome.source.busiest <= 20)
    }
    let revoked = try #require(outcomes[13])
    #expect(revoked.lines.isEmpty && revoked.status.isFailing && revoked.status.lastFailure?.code == "signin.denied")
    // At most one try in 15 minutes once the pause has grown, and never given up.
    #expect(revoked.source.requests > 500 && revoked.source.requests < 7 * 96 + 10)
    #expect(revoked.status.lastFailure?.streak == revoked.source.requests)
  }

  private static func collect(every: Duration, isRevoked: Bool) async -> Outcome {
    let time = BoundedClock(start, end: end).source
    let source = WeekSource(
      start: start, time: time, isRevoked: isRevoked, step: .seconds(1_200), hasDate: false,
      row: { index, _ in "\(index)" })
    let sink = MemorySink()
    let pipeline = Pipeline(source: source, mapping: PlainMapping(), sinks: [sink], state: MemoryStore(), time: time)
    let status = SharedStatus()
    let schedule = Schedule(every: every, lag: .seconds(60), revisits: Defaults.revisits, since: .zero)
    var passes = MemoryPasses(every: every, pipeline: pipeline, schedule: schedule, time: time, status: status)
    do { try await passes.pipeline.open() } catch { Issue.record("\(error)") }
    let atEnd: @Sendable (PassOutcome) -> Void = { _ in
      if time.now() >= end - .seconds(1) { unsafe withUnsafeCurrentTask { task in unsafe task?.cancel() } }
    }
    var run = PlaybookRun(
      passes, status: RunStatus(name: "t"), time: time, log: .silent, random: { 0 }, onEnd: atEnd)
    do { try await run.run(givesUp: false) } catch { Issue.record("\(error)") }
    return Outcome(lines: sink.lines, status: status.value.withLock { $0 }, source: source)
  }
}
