// The fleets that this process is part of: one for each database that its playbooks name.

internal import Checkpoint
internal import IntakeCore
internal import Synchronization
internal import Trigger

/// Made by `run`; a pass of `collect` has none, and gives its lease back at its end.
final class Fleets: Sendable {
  private struct Member {
    var fleet: Fleet
    var task: Task<Void, Never>
  }

  private let members = Mutex<[String: Member]>([:])
  private let log: Log

  init(log: Log) { self.log = log }

  /// The part of this process in the fleet of a database; it begins with the first call.
  func fleet(of target: DatabaseTarget) -> Fleet {
    members.withLock { members in
      if let member = members[target.identity] { return member.fleet }
      let fleet = Fleet(target, name: TenantLease.ownName, log: log)
      let task = Task(executorPreference: ThreadExecutor(name: "message-trace.fleet")) { await fleet.run() }
      members[target.identity] = Member(fleet: fleet, task: task)
      return fleet
    }
  }

  /// Ends them all: leases are given back, so that others need not wait for their end.
  func stop() async {
    let ended = members.withLock { members in
      defer { members = [:] }
      return members.values.map(\.task)
    }
    for task in ended { task.cancel() }
    for task in ended { await task.value }
  }
}
