// The service counts requests by tenant: so do all states of a tenant together.

internal import Glibc
internal import IntakeCore
internal import IntakeTesting
internal import Simulator
import Testing

@Suite struct SharedQuotaTests {
  /// What collectors allow themselves of Graph's 100 in five minutes.
  static let quota = 90

  /// A tenant whose first pass takes about 60 requests.
  private func fixture() throws -> PlaybookFixture { try PlaybookFixture(messages: 900) }

  private func environment(_ fixture: borrowing PlaybookFixture) -> [String: String] {
    fixture.environment.merging(["HOME": fixture.folder("home")]) { $1 }
  }

  @Test(
    "two states of one tenant use one quota, one after the other or in one process; the log counts the other's requests"
  )
  func states() throws {
    let first = try fixture()
    let one = try first.playbook("a", pageSize: 20)
    let other = try first.playbook("b", pageSize: 20)
    let whole = Program.run(["collect", one], environment: environment(first))
    #expect(whole.status == 0, "\(whole.errors)")
    let used = first.pagesAsked
    try #require(used > Self.quota / 2 && used < Self.quota, "\(used) requests show nothing")
    expectWait(first, ["collect", other, "--log-level", "info"], status: 75, others: used)
    let second = try fixture()
    let both = ["a", "b"].map { name in Result { try second.playbook(name, pageSize: 20) } }
    expectWait(second, ["run"] + (try both.map { try $0.get() }), status: 0, others: nil)
  }

  /// Runs until a request waits for the quota, and stops it; the service has then seen as many as are allowed.
  /// - Parameter others: requests of the other state; nil for any number.
  private func expectWait(
    _ fixture: borrowing PlaybookFixture, _ arguments: [String], status: Int32, others: Int?
  ) {
    let running = Program.start(arguments, environment: environment(fixture))
    eventually {
      let (asked, waits) = (fixture.pagesAsked, running.errorsSoFar.contains("source.quota"))
      // The last request that was counted may still be on its way.
      return running.ended() != nil || asked > Self.quota || waits && asked == Self.quota
    }
    let asked = fixture.pagesAsked
    running.signal(SIGTERM)
    let outcome = running.finish()
    #expect(asked == Self.quota && fixture.pagesAsked == Self.quota, "\(fixture.pagesAsked) requests")
    #expect(outcome.status == status, "\(outcome.errors)")
    #expect(outcome.errors.contains("requests_of_other_states=\(others.map(String.init) ?? "")"), "\(outcome.errors)")
  }

  @Test("where no common place can be written, each state counts alone and collects all the same")
  func nowhere() throws {
    let fixture = try PlaybookFixture(messages: 20)
    let environment = fixture.environment.merging(["HOME": "/proc/nowhere"]) { $1 }
    let outcome = Program.run(["collect", try fixture.playbook("a")], environment: environment)
    #expect(outcome.status == 0 && outcome.errors.isEmpty, "\(outcome.errors)")
    fixture.expectWhole("a")
  }
}
