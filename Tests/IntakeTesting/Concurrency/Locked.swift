// A value that test closures may share.

internal import Synchronization

package final class Locked<Value: Sendable>: Sendable {
  private let state: Mutex<Value>

  package init(_ value: Value) { state = Mutex(value) }

  package var value: Value { state.withLock { $0 } }

  package func update(_ change: (inout Value) -> Void) { state.withLock { change(&$0) } }
}
