// What a destination has taken, for those who watch whether it stands still.

internal import Synchronization

/// A count that only grows, from any thread.
final class GrowingCount: Sendable {
  private let count = Atomic(0)

  var value: Int { count.load(ordering: .relaxed) }

  func add(_ number: Int) { count.wrappingAdd(number, ordering: .relaxed) }
}
