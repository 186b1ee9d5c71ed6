// What a destination has taken, for those who watch whether it stands still.

internal import Synchronization

/// A count that only grows, from any thread.
final class ByteCount: Sendable {
  private let count = Atomic(0)

  var value: Int { count.load(ordering: .relaxed) }

  func add(_ bytes: Int) { count.wrappingAdd(bytes, ordering: .relaxed) }
}
