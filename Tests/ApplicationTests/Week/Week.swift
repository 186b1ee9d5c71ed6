// Days of passes for many tenants in one process, in a few minutes: what is lost, what is doubled, how many requests each
// tenant's service gets, and whether memory stays flat. One tenant's secret is revoked.

internal import Glibc
internal import IntakeCore
internal import Normaliser
internal import Synchronization
internal import Trigger

@testable internal import message_trace

struct Week {
  let count: Int
  let days: Int
  let every: Duration
  let folder: String
  let normaliser: RowNormaliser

  private static let start = Instant(seconds: 1_790_000_000)
  /// What a day may cost in memory beyond the first: a fifth, and what the allocator keeps to itself.
  private static let slack = (share: 5, kibibytes: 8_192)

  /// - Parameter numbers: as given in the arguments; 20 tenants, 7 days, 60 seconds where they are not.
  init(_ numbers: [Int], folder: String, normaliser: RowNormaliser) {
    let numbers = Array((numbers + [20, 7, 60].dropFirst(numbers.count)).prefix(3))
    count = max(1, min(numbers[0], 200))
    days = max(1, min(numbers[1], 60))
    every = .seconds(max(1, numbers[2]))
    self.folder = folder
    self.normaliser = normaliser
  }

  /// Prints the table; true if nothing was lost or doubled and memory stayed flat.
  func run() async -> Bool {
    let gate = DayGate(tenants: count, end: end(of: 1))
    let clocks = (0..<count).map { _ in WeekClock(Self.start, gate: gate) }
    let tenants = clocks.enumerated().map { number, clock in
      let isRevoked = number == 0 && count > 1
      let source = WeekSource(start: Self.start, time: clock.source, isRevoked: isRevoked)
      return WeekTenant(isRevoked ? "revoked" : "tenant\(number)", folder: folder, source: source)
    }
    Self.say("\(count) tenants, a pass every \(every.text), \(days) days; one tenant's secret is revoked\n")
    let memory = await withTaskGroup(of: Void.self) { group in
      let metrics = MetricsRegistry()
      for (tenant, clock) in zip(tenants, clocks) {
        let passes = WeekPasses(
          every: every, tenant: tenant, time: clock.source, normaliser: normaliser, metrics: metrics)
        group.addTask(executorPreference: ThreadExecutor(name: tenant.name)) {
          var run = PlaybookRun(
            passes, status: RunStatus(name: tenant.name), time: clock.source, log: .silent, random: { 0 })
          try? await run.run(givesUp: false)
        }
      }
      let memory = await watch(gate, tenants)
      group.cancelAll()
      gate.open(until: .latest)
      return memory
    }
    return judge(tenants, memory)
  }

  private func end(of day: Int) -> Instant { Self.start + .seconds(86_400 * day) }

  /// One line a day; resident KiB at the end of each.
  private func watch(_ gate: DayGate, _ tenants: [WeekTenant]) async -> [Int] {
    var memory: [Int] = []
    for day in 1...days {
      await gate.allArrived()
      memory.append(Self.residentKiB())
      let counters = tenants.map { $0.status.withLock { $0.counters } }
      let passes = counters.reduce(0) { $0 + ($1["passes"]?[""] ?? 0) }
      let events = counters.reduce(0) { $0 + ($1["events"]?.values.reduce(0, +) ?? 0) }
      Self.say("day \(day)   resident \(memory.last ?? 0) KiB   \(passes) passes   \(events) events")
      if day < days { gate.open(until: end(of: day + 1)) }
    }
    return memory
  }

  private func judge(_ tenants: [WeekTenant], _ memory: [Int]) -> Bool {
    var lost = 0
    var doubled = 0
    for tenant in tenants where tenant.name != "revoked" {
      let lines = Self.traceIDs(tenant.outputPath)
      let once = Set(lines)
      doubled += lines.count - once.count
      lost += tenant.source.due(by: end(of: days)).count { !once.contains(WeekSource.traceID($0)) }
    }
    let busiest = tenants.map(\.source.busiest).max() ?? 0
    Self.say("\nlost \(lost), doubled \(doubled), at most \(busiest) requests of a tenant in five minutes")
    if let revoked = tenants.first(where: { $0.name == "revoked" })?.status.withLock({ $0 }) {
      Self.say("revoked: \(revoked.lastFailure?.streak ?? 0) tries, \(revoked.lastFailure?.code ?? "none")")
    }
    let first = memory.first ?? 0
    let most = (memory.max() ?? 0) - first
    let isFlat = most <= first / Self.slack.share + Self.slack.kibibytes
    Self.say("memory after the first day: at most \(most) KiB more, \(isFlat ? "flat" : "NOT FLAT")")
    return lost == 0 && doubled == 0 && busiest <= 90 && isFlat
  }

  private static func traceIDs(_ path: String) -> [String] {
    guard let bytes = try? FileBytes.read(path, purpose: "output", limit: 1 << 30) else { return [] }
    return bytes.split(separator: 0x0A).map { line in
      (try? JSONValue(parsing: Array(line)))?["email.local_id"]?.string ?? "no event"
    }
  }

  /// Source: proc(5), statm.
  private static func residentKiB() -> Int {
    let text = (try? FileBytes.read("/proc/self/statm", purpose: "memory")) ?? []
    let pages = String(decoding: text, as: UTF8.self).split(separator: " ").dropFirst().first.flatMap { Int($0) } ?? 0
    return pages * max(1, sysconf(Int32(_SC_PAGESIZE))) / 1_024
  }

  private static func say(_ line: String) {
    let bytes = Array("\(line)\n".utf8)
    _ = unsafe write(STDOUT_FILENO, bytes, bytes.count)
  }
}
