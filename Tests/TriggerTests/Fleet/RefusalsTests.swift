// Which tenants a member leaves to others, and for how long.

internal import IntakeCore
internal import Testing

@testable import Trigger

@Suite struct RefusalsTests {
  private let start = ContinuousClock.now
  private let unresolved = Failure("source.unreachable", exit: .tryLater, "No name.")

  private func at(_ seconds: Int) -> ContinuousClock.Instant { start + .seconds(seconds) }

  @Test("three failures in a row of the machine's own are too many; a good pass, or an answer, begins anew")
  func failures() {
    var refusals = Refusals()
    let throttled = Failure(.throttled, exit: .tryLater, "429.")
    for failure in [unresolved, unresolved, nil, unresolved, unresolved, throttled, unresolved, unresolved] {
      refusals.note(failure, of: "a")
    }
    #expect(refusals.refuseFailing(at: start) == [] && refusals.tenants.isEmpty)
    refusals.note(Failure(.databaseGone, exit: .tryLater, "Away."), of: "a")
    refusals.note(unresolved, of: "a")
    #expect(refusals.refuseFailing(at: start) == ["a"] && refusals.tenants == ["a"])
    #expect(refusals.refuseFailing(at: start) == [], "said twice")
  }

  @Test("a refused tenant comes back when nobody takes it, or after ten minutes; not while its pass still hangs")
  func end() {
    var refusals = Refusals()
    for tenant in ["nobody", "taken"] { refusals.refuse(tenant, at: start) }
    refusals.refuse("hanging", at: start, isHanging: true)
    for second in stride(from: 0, through: 590, by: 10) {
      refusals.update(held: ["taken"], patience: .seconds(60), now: at(second))
      #expect(refusals.tenants == (second < 60 ? ["nobody", "taken", "hanging"] : ["taken", "hanging"]))
    }
    refusals.update(held: ["taken"], patience: .seconds(60), now: at(600))
    #expect(refusals.tenants == ["hanging"])
    refusals.note(.stopped, of: "hanging")
    #expect(refusals.tenants.isEmpty)
  }

  @Test(
    "what another machine may not meet",
    arguments: [
      ("source.unreachable", ExitCode.tryLater, true), ("sink.http.unreachable", .tryLater, true),
      ("sink.tcp.unresolved", .tryLater, true), ("state.enospc", .ioError, false), ("sink.file.enospc", .ioError, true),
      ("os.emfile", .system, true), ("secret.permissions", .configuration, true),
      ("mapping.invalid", .configuration, true),
      ("sink.tcp.refused", .tryLater, false), ("sink.http.refused", .configuration, false),
      ("source.throttled", .tryLater, false), ("signin.denied", .denied, false), ("state.database", .tryLater, false),
      ("stop.signal", .tryLater, false),
    ])
  func machine(code: String, exit: ExitCode, isOfMachine: Bool) {
    #expect(Failure(code, exit: exit, "Failed.").isOfMachine == isOfMachine)
  }
}

extension Failure.Code {
  fileprivate static let databaseGone = Self(rawValue: "state.database")
}
