// Tests that wait for a process or a file block a thread. The cooperative pool has as many as cores, and all other tests
// stand still while two such tests wait.

internal import IntakeCore
internal import Synchronization
package import Testing

/// Runs the tests of a suite on threads of their own, a few at once.
package struct OwnThreads: SuiteTrait, TestTrait, TestScoping {
  private static let gate = Gate(6)

  package var isRecursive: Bool { true }

  package func scopeProvider(for test: Test, testCase: Test.Case?) -> Self? { testCase == nil ? nil : self }

  @concurrent package func provideScope(
    for test: Test, testCase: Test.Case?, performing function: @concurrent @Sendable () async throws -> Void
  ) async throws {
    await Self.gate.enter()
    defer { Self.gate.leave() }
    try await withTaskExecutorPreference(ThreadExecutor(name: test.name)) { try await function() }
  }
}

extension Trait where Self == OwnThreads {
  /// For tests that block: they start processes and wait for them.
  package static var ownThreads: OwnThreads { OwnThreads() }
}

/// Lets a few tasks pass at a time, in the order in which they came.
private final class Gate: Sendable {
  private let state: Mutex<(free: Int, waiting: [CheckedContinuation<Void, Never>])>

  init(_ count: Int) { state = Mutex((count, [])) }

  func enter() async {
    await withCheckedContinuation { continuation in
      let mayPass = state.withLock { state in
        guard state.free == 0 else {
          state.free -= 1
          return true
        }
        state.waiting.append(continuation)
        return false
      }
      if mayPass { continuation.resume() }
    }
  }

  func leave() {
    let next = state.withLock { state in
      guard state.waiting.isEmpty else { return state.waiting.removeFirst() as CheckedContinuation<Void, Never>? }
      state.free += 1
      return nil
    }
    next?.resume()
  }
}
