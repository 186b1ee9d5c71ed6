// The real program killed at every file call it makes, in the middle of every write, after every rename, in recovery.

internal import Glibc
internal import IntakeCore
internal import IntakeTesting
internal import Simulator
import Testing

@Suite(.ownThreads) struct KillTests {
  /// Kills a fresh run at its first, second, third … counted call, lets the next run finish, and judges the file.
  private func everyPoint(_ shim: Shim, mode: String, _ figure: inout Figure) throws {
    let bench = try FaultFixture(mode: mode)
    defer { bench.stop() }
    for point in 1...2_000 {
      var shim = shim
      shim.at = point
      let world = try FaultWorld(bench)
      let status = world.collect(shim)
      let seen = world.bytes()
      let again = status == 0 ? 0 : world.collect()
      let verdict = world.verdict()
      let what = "\(shim.mode) at call \(point), \(mode): \(status), then \(again): \(world.errors())"
      #expect(status == 0 || status == 137, "\(what)")
      #expect(again == 0 && verdict.isPerfect, "\(what) \(verdict)")
      #expect(world.bytes().starts(with: seen), "\(what): what a reader has seen has changed")
      guard status != 0 else { return }
      figure.add(verdict, exit: status)
    }
    Issue.record("no run was completed")
  }

  @Test("killed before every file call, the next run completes the file: nothing lost, nothing doubled")
  func everyCall() throws {
    var figure = Figure()
    for mode in FaultTable.isLong ? ["graph", "reporting"] : ["graph"] {
      try everyPoint(Shim(mode: .killBefore), mode: mode, &figure)
    }
    FaultTable.record("kill -9 before every file call", figure)
    #expect(figure.isPerfect && figure.cases > 60, "\(figure)")
  }

  @Test("killed in the middle of every write, the torn bytes are completed and never doubled")
  func halfWrites() throws {
    var figure = Figure()
    try everyPoint(Shim(mode: .halfThenKill, calls: ["write"]), mode: "reporting", &figure)
    FaultTable.record("kill -9 in the middle of every write", figure)
    #expect(figure.isPerfect && figure.cases > 12, "\(figure)")
  }

  @Test("killed after every rename, before the directory is synced")
  func renames() throws {
    var figure = Figure()
    try everyPoint(Shim(mode: .killAfter, calls: ["rename"]), mode: "graph", &figure)
    FaultTable.record("kill -9 after every rename", figure)
    #expect(figure.isPerfect && figure.cases > 5, "\(figure)")
  }
}
