// Log codes that a process logs only once.

internal import Synchronization

/// A set of codes that several tasks add to.
package final class SeenCodes: Sendable {
  private let codes = Mutex(Set<String>())

  package init() {}

  /// Adds a code; true the first time.
  package func isNew(_ code: String) -> Bool { codes.withLock { $0.insert(code).inserted } }
}
