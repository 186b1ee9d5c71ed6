// The state of a tenant between two passes of a fleet's member: open, so that its lease goes on.

internal import Checkpoint
internal import IntakeCore
internal import Synchronization

/// At most one open state. A reference, so that the state itself is never held twice: its ledger would be copied.
final class KeptState: Sendable {
  private let state = Mutex<AnyState?>(nil)

  func keep(_ new: AnyState) { state.withLock { $0 = new } }

  /// The state, which is then the caller's.
  func take() -> AnyState? {
    state.withLock { state in
      defer { state = nil }
      return state
    }
  }
}
