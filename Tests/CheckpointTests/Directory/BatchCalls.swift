// The file calls of one batch, and a switch that strikes every second time.

internal import IntakeCore
internal import IntakeTesting
internal import Synchronization

@testable import Checkpoint
@testable import Sinks

enum BatchCalls {
  /// Delivers one more batch to the file sink and commits it; the calls that took, in order.
  static func record(_ state: StateDirectory, _ plan: FileFaultPlan, output: String) async throws -> [String] {
    var state = state
    let sink = FileSink(path: output, log: .silent, files: plan.files)
    var next = state.checkpoint
    let position = try await sink.open(at: next.sinks[sink.name])
    let before = plan.seen.count
    var batch = Batch()
    batch.bytes = Array("{\"row\":\"new\"}\n".utf8)
    batch.entries = [.init(identity: Identity(high: 1, low: 2), received: World.time, end: batch.bytes.count)]
    let entry = try state.journal(batch, cursors: next.cursors)
    next.sequence = entry.sequence
    next.sinks[sink.name] = try await sink.deliver(entry, from: position)
    try state.commit(next)
    await sink.close()
    return plan.seen[before...].map(\.description)
  }
}

/// True at every second call.
final class Toggle: Sendable {
  private let state = Mutex(false)

  func next() -> Bool {
    state.withLock { state in
      state.toggle()
      return state
    }
  }
}
