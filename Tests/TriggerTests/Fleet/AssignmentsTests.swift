// A process's part in a fleet: runs wait for their tenant, and stop when it is lost.

internal import IntakeCore
internal import IntakeTesting
import Testing

@testable internal import Trigger

/// Passes of one tenant of a fleet, in memory.
private struct SharedPasses: PassRunning {
  let every: Duration = .seconds(60)
  let tenant: String
  let assignments: Assignments
  let passes: Locked<Int>

  var mayPass: Bool { assignments.isAssigned(tenant) }
  mutating func waitForTurn() async { await assignments.wait(for: tenant, .system) }
  mutating func reload() throws(Failure) {}

  mutating func pass() async -> PassOutcome {
    passes.update { $0 += 1 }
    return PassOutcome()
  }

  mutating func publish(_ outcome: PassOutcome, next: Instant?) -> Failure? { nil }
}

@Suite struct AssignmentsTests {
  @Test("a run stands by until its tenant is assigned, and then passes at once; the status says where it is")
  func turn() async throws {
    let assignments = Assignments()
    assignments.register("contoso")
    let passes = Locked(0)
    let status = RunStatus(name: "contoso")
    let task = Task {
      var run = PlaybookRun(
        SharedPasses(tenant: "contoso", assignments: assignments, passes: passes), status: status, time: .system,
        log: .silent)
      try? await run.run(givesUp: true)
    }
    try #require(await Waiting.whileSleeping { status.last == .elsewhere })
    #expect(passes.value == 0 && status.isAlive(now: TimeSource.system.now(), within: .zero))
    assignments.assign(["contoso"])
    try #require(await Waiting.whileSleeping { passes.value == 1 })
    try #require(await Waiting.whileSleeping { status.last == .succeeded })
    task.cancel()
    await task.value
  }

  @Test("a tenant that is lost stops its pass; one that is given up ends it first")
  func loss() {
    let assignments = Assignments()
    let stopped = Locked<[String]>([])
    for name in ["a", "b", "c"] { assignments.register(name) }
    assignments.assign(["a", "b"])
    for name in ["a", "b"] { #expect(assignments.begin(name) { stopped.update { $0.append(name) } }) }
    #expect(!assignments.begin("c") {})
    assignments.assign(["b"])
    #expect(stopped.value.isEmpty && assignments.working == ["a", "b"] && !assignments.end("a"))
    assignments.lose("b")
    assignments.lose("unknown")
    #expect(stopped.value == ["b"] && !assignments.end("b") && assignments.working.isEmpty)
  }

  @Test("a tenant that another playbook had for a while, and gave back, is waited for and assigned again")
  func removed() async throws {
    let assignments = Assignments()
    assignments.register("contoso")
    assignments.remove("contoso")
    let hasEnded = Locked(false)
    let task = Task {
      await assignments.wait(for: "contoso", .system)
      hasEnded.update { $0 = true }
    }
    try #require(await Waiting.whileSleeping { assignments.known == ["contoso"] })
    #expect(!hasEnded.value)
    assignments.assign(["contoso"])
    await task.value
    #expect(hasEnded.value)
  }

  @Test("waiting ends with the task")
  func cancelled() async {
    let assignments = Assignments()
    assignments.register("contoso")
    let task = Task { await assignments.wait(for: "contoso", .system) }
    task.cancel()
    await task.value
  }
}
