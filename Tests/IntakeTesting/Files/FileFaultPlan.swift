// A disk that fails, or a process that dies, at a call chosen by a test.

package import IntakeCore
internal import Synchronization

/// Counts file calls and strikes at one of them, or at every one that fits.
package final class FileFaultPlan: Sendable {
  package struct Seen: Sendable, Equatable, CustomStringConvertible {
    package var call: FileCalls.Call
    package var name: String
    package var description: String { "\(call.rawValue) \(name)" }
  }

  /// The error number of a process that has died: no call after it does anything.
  package static let death: Int32 = 9_999

  private struct State {
    var count = 0
    var isDead = false
    var struck = false
    var seen: [Seen] = []
  }

  private let state = Mutex(State())
  private let target: Int?
  private let fault: FileCalls.Fault
  private let fits: @Sendable (FileCalls.Call, String) -> Bool

  /// - Parameters:
  ///   - target: which of the fitting calls is struck, counted from 1; nil for all of them.
  ///   - fault: what happens there; with `death` as its number, every later call fails too.
  package init(
    at target: Int?, _ fault: FileCalls.Fault,
    where fits: @escaping @Sendable (FileCalls.Call, String) -> Bool = { _, _ in true }
  ) {
    self.target = target
    self.fault = fault
    self.fits = fits
  }

  /// Only looks on.
  package static func watching() -> FileFaultPlan { FileFaultPlan(at: 0, .short) }

  package var files: FileCalls { FileCalls { self.strike($0, $1) } }
  /// True once the fault was dealt.
  package var struck: Bool { state.withLock { $0.struck } }
  /// Every call so far.
  package var seen: [Seen] { state.withLock { $0.seen } }

  private func strike(_ call: FileCalls.Call, _ name: String) -> FileCalls.Fault? {
    state.withLock { state in
      guard !state.isDead else { return .error(Self.death) }
      state.seen.append(Seen(call: call, name: name))
      guard fits(call, name) else { return nil }
      state.count += 1
      guard target == nil || state.count == target else { return nil }
      state.struck = true
      state.isDead = fault == .error(Self.death) || fault == .half(Self.death)
      return fault
    }
  }
}
