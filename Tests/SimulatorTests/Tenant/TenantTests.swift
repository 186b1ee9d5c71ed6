// The generated tenant: the same for the same seed, and awkward in all the ways that were asked for.

import IntakeCore
import Testing

@testable import Simulator

@Suite("The simulated tenant")
struct TenantTests {
  private static func tenant(_ messages: Int = 4_000, seed: UInt64 = 1, _ knobs: TenantKnobs = TenantKnobs())
    -> SimulatedTenant
  {
    SimulatedTenant(seed: seed, messages: messages, window: SimulatorFixture.window, knobs: knobs)
  }

  private static func rows(_ tenant: SimulatedTenant) -> [SimulatedRow] {
    (0..<tenant.messages).flatMap { tenant.rows(of: $0) }
  }

  @Test("the same seed gives the same truth, another seed another")
  func seeds() {
    let at = Self.tenant().settledAt
    #expect(Self.tenant().truth(at: at) == Self.tenant().truth(at: at))
    #expect(Set(Self.tenant().truth(at: at)).isDisjoint(with: Self.tenant(seed: 2).truth(at: at)))
  }

  @Test("received times never decrease and stay in the window")
  func times() {
    let tenant = Self.tenant()
    let times = (0..<tenant.messages).map { tenant.received($0) }
    #expect(times == times.sorted())
    #expect(times.allSatisfy { $0 >= SimulatorFixture.window.start && $0 < SimulatorFixture.window.end })
  }

  @Test("trace id and recipient name a row")
  func keys() {
    let rows = Self.rows(Self.tenant(2_000, TenantKnobs(multiRecipientShare: 0.5, crowdEvery: 500)))
    let keys = Set(rows.map { "\($0.message.traceID) \($0.recipient.lowercased())" })
    #expect(keys.count == rows.count)
  }

  @Test("everything has appeared and settled when the tenant says so")
  func settling() {
    let tenant = Self.tenant(2_000, TenantKnobs(lateShare: 1, usualDelay: .seconds(60), statusChangeShare: 1))
    let rows = Self.rows(tenant)
    #expect(rows.allSatisfy { row in row.timeline.allSatisfy { $0.at <= tenant.settledAt } })
    #expect(rows.allSatisfy { row in row.timeline.map(\.at) == row.timeline.map(\.at).sorted() })
    #expect(rows.allSatisfy { $0.timeline.first.map(\.at) ?? .earliest >= $0.message.received })
    #expect(tenant.rowCount == rows.count)
  }

  @Test("a calm tenant shows every row at once and never changes one")
  func calm() {
    let rows = Self.rows(Self.tenant(500, .calm))
    #expect(rows.allSatisfy { $0.timeline.count == 1 && $0.timeline.first?.at == $0.message.received })
  }

  @Test("the mail holds what is awkward in real mail")
  func awkward() {
    let rows = Self.rows(Self.tenant())
    let addresses = Set(rows.flatMap { [$0.recipient, $0.message.sender] })
    let subjects = rows.map(\.message.subject)
    #expect(addresses.contains("<>"))
    #expect(addresses.contains { $0.contains("'") })
    #expect(addresses.contains { $0.contains("+") })
    #expect(addresses.contains { $0 != $0.lowercased() })
    #expect(addresses.contains { !$0.utf8.allSatisfy { $0 < 0x80 } })
    #expect(subjects.contains(nil))
    #expect(subjects.contains(""))
    #expect(subjects.contains { $0?.contains("\n") == true })
    #expect(subjects.contains { $0?.contains("\"") == true })
    #expect(rows.contains { $0.message.fromIP?.contains(":") == true })
    #expect(rows.contains { $0.message.fromIP == nil })
    #expect(rows.contains { $0.message.messageID == nil })
    #expect(rows.contains { $0.size == 0 })
    #expect(rows.filter { $0.message.kind == .bounce }.allSatisfy { $0.message.fromIP == "255.255.255.255" })
    let statuses = Set(rows.flatMap { $0.timeline.map(\.status) })
    #expect(statuses == Set(SimulatedStatus.allCases))
  }

  @Test("skipping rows by blocks leads to where counting leads", arguments: [0, 1, 255, 256, 300, 1_000, 4_000, 9_999])
  func skipping(count: Int) {
    let tenant = Self.tenant(4_000, TenantKnobs(lateShare: 0.2))
    for ascending in [true, false] {
      for now in [SimulatorFixture.day + .seconds(5_000), tenant.settledAt] {
        let range = tenant.messages(
          from: SimulatorFixture.day + .seconds(100), through: SimulatorFixture.day + .seconds(7_000))
        var skipped = RowWalk(tenant, range, ascending: ascending, now: now)
        var counted = skipped
        skipped.skip(count)
        for _ in 0..<count where counted.next() == nil { break }
        #expect(skipped.next() == counted.next())
      }
    }
  }
}
