// The passes of one playbook whose tenant several processes share: they begin while this process holds it, and stop when it
// is lost. A playbook whose state is a directory passes as it is.

internal import Checkpoint
internal import IntakeCore
internal import Synchronization
internal import Trigger

struct FleetPasses: PassRunning, Sendable {
  private var passes: TenantPasses
  private let time: TimeSource
  /// Its thread is this playbook's alone: a pass may block.
  private let executor: ThreadExecutor

  init(_ passes: TenantPasses, name: String, time: TimeSource) {
    self.passes = passes
    self.passes.prepare()
    self.time = time
    executor = ThreadExecutor(name: "message-trace.\(name).pass")
  }

  var every: Duration { passes.every }
  var haveWorked: Bool { passes.haveWorked }

  var mayPass: Bool { passes.share.map { $0.fleet.assignments.isAssigned($0.tenant) } ?? true }

  mutating func waitForTurn() async {
    guard let share = passes.share else { return }
    passes.giveUpState()
    await share.fleet.assignments.wait(for: share.tenant, time)
  }

  mutating func reload() throws(Failure) { try passes.reload() }

  @discardableResult
  mutating func publish(_ outcome: PassOutcome, next: Instant?) -> Failure? {
    passes.publish(outcome, next: next)
  }

  mutating func pass() async -> PassOutcome {
    passes.prepare()
    // Settings that cannot be read are a failed pass, as for a playbook that nobody shares.
    guard let share = passes.share else { return await passes.pass() }
    let stop = PassStop()
    let assignments = share.fleet.assignments
    guard assignments.begin(share.tenant, stop: { stop.stop() }) else {
      return PassOutcome(interruption: .elsewhere(share.tenant))
    }
    let before = passes
    let task = Task(executorPreference: executor) {
      var own = before
      let outcome = await own.pass()
      return (own, outcome)
    }
    stop.set { task.cancel() }
    let (after, found) = await withTaskCancellationHandler {
      await task.value
    } onCancel: {
      task.cancel()
    }
    passes = after
    return end(share, found, wasStopped: stop.isStopped)
  }

  private mutating func end(_ share: TenantShare, _ found: PassOutcome, wasStopped: Bool) -> PassOutcome {
    var outcome = found
    if wasStopped { outcome.interruption = .lost(share.tenant) }
    if outcome.failure?.isOfHolder == true { share.fleet.assignments.unassign(share.tenant) }
    if !share.fleet.assignments.end(share.tenant) || Task.isCancelled { passes.giveUpState() }
    share.fleet.note(wasStopped ? .stopped : found.failure, of: share.tenant)
    return outcome
  }
}

/// The tenant of a playbook in the fleet of its database.
struct TenantShare: Sendable {
  let fleet: Fleet
  /// As `DatabaseTarget.identity`.
  let database: String
  let tenant: String
}

/// Ends a pass, also one that has yet to begin.
private final class PassStop: Sendable {
  private struct State {
    var isStopped = false
    var action: (@Sendable () -> Void)?
  }

  private let state = Mutex(State())

  var isStopped: Bool { state.withLock { $0.isStopped } }

  func set(_ action: @escaping @Sendable () -> Void) {
    let isLate = state.withLock { state in
      state.action = action
      return state.isStopped
    }
    if isLate { action() }
  }

  func stop() {
    let action = state.withLock { state in
      state.isStopped = true
      return state.action
    }
    action?()
  }
}

extension Failure {
  fileprivate static func lost(_ tenant: String) -> Failure {
    Failure(
      .stateFenced, exit: .tryLater,
      "Collecting \(tenant): this process has lost its lease, which it could not renew in time; the pass was stopped.",
      hint: "Do nothing: the process that holds the tenant next continues where this one stopped.",
      recovery: .later(after: nil))
  }

  fileprivate static func elsewhere(_ tenant: String) -> Failure {
    Failure(
      .stateLeased, exit: .tryLater, "Collecting \(tenant): another process is about to hold it.",
      hint: "Do nothing: one process at a time advances a tenant.", recovery: .later(after: nil))
  }
}
