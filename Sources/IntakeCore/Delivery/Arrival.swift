// A page that is on its way while the pipeline does something else.

internal import Synchronization

/// Says when a fetch has ended, and rings the pipeline then.
final class Arrival: Sendable {
  private let signal: Signal
  private let done = Atomic(false)

  init(_ signal: Signal) { self.signal = signal }

  var isThere: Bool { done.load(ordering: .acquiring) }

  /// Runs the fetch.
  func of<Value>(_ fetch: () async -> Value) async -> Value {
    let value = await fetch()
    done.store(true, ordering: .releasing)
    signal.ring()
    return value
  }
}
