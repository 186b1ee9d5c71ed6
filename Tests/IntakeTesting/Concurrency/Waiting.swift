// Waiting in tests for what must come: one bound for all, which only a hang reaches, however busy the machine is.

package import Glibc

/// How tests wait. A condition is looked at again and again; no test waits for a time to pass.
package enum Waiting {
  /// Far above what a busy machine needs: when every core is taken, a test of a second may rest for minutes between two of
  /// its steps.
  package static let bound: Duration = .seconds(1_800)

  /// Looks at the condition until it holds, and blocks the thread between two looks.
  /// - Parameter pause: microseconds between two looks.
  /// - Parameter condition: what must come to hold.
  /// - Returns: false if it did not hold within `bound`.
  package static func until(every pause: useconds_t = 10_000, _ condition: () throws -> Bool) rethrows -> Bool {
    let end = ContinuousClock.now + bound
    while try !condition() {
      guard ContinuousClock.now < end else { return false }
      usleep(pause)
    }
    return true
  }

  /// As the other, without a thread that waits. A cancelled task stops waiting.
  /// - Parameter pause: how long the task sleeps between two looks.
  /// - Parameter condition: what must come to hold.
  /// - Returns: false if it did not hold within `bound`.
  package static func whileSleeping(
    _ pause: Duration = .milliseconds(10), until condition: () throws -> Bool
  ) async rethrows -> Bool {
    let end = ContinuousClock.now + bound
    while try !condition() {
      guard ContinuousClock.now < end, !Task.isCancelled else { return false }
      try? await Task.sleep(for: pause)
    }
    return true
  }
}
