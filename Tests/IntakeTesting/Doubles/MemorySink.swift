// A sink in memory.

package import IntakeCore
internal import Synchronization

/// A sink that keeps what it is given and fails when told to.
package final class MemorySink: Sink {
  package let name: String
  private let state = Mutex<(bytes: [UInt8], failure: Failure?, isShut: Bool)>(([], nil, false))

  package init(name: String = "memory") { self.name = name }

  package var lines: [String] {
    state.withLock { String(decoding: $0.bytes, as: UTF8.self) }.split(separator: "\n").map(String.init)
  }

  /// nil heals it.
  package func fail(with failure: Failure?) { state.withLock { $0.failure = failure } }

  /// While it is shut, opening fails.
  package func shut(_ isShut: Bool) { state.withLock { $0.isShut = isShut } }

  package func open(at position: SinkPosition?) async throws(Failure) -> SinkPosition {
    guard !state.withLock({ $0.isShut }) else { throw Failure("sink.shut", exit: .cannotCreate, "The sink is shut.") }
    return position ?? SinkPosition(sequence: 0)
  }

  package func deliver(_ entry: JournalEntry, from position: SinkPosition) async throws(Failure) -> SinkPosition {
    let failure = state.withLock { state in
      if state.failure == nil { state.bytes += entry.bytes }
      return state.failure
    }
    if let failure { throw failure }
    return SinkPosition(sequence: entry.sequence)
  }

  package func close() async {}
}
