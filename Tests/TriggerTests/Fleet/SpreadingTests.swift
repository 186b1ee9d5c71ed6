// Tenants spread over members: every tenant held, counts even to one, nothing moved that need not move.

internal import IntakeTesting
import Testing

@testable import Trigger

@Suite struct SpreadingTests {
  /// A fleet in memory whose members act in turns.
  struct Fleet {
    var members: Set<String>
    var tenants: Set<String>
    var holders: [String: String] = [:]
    var moves = 0

    /// One round: every member looks once, gives up and takes; who comes later may see an older view.
    mutating func round(stale: Bool = false) {
      let view = holders
      for member in members.sorted() {
        let plan = Spreading(of: member, among: members, tenants: tenants, holders: stale ? view : holders)
        for tenant in plan.toHandOver where holders[tenant] == member {
          holders[tenant] = nil
          moves += 1
        }
        for tenant in plan.toTake where holders[tenant] == nil { holders[tenant] = member }
      }
    }

    var counts: [Int] { members.map { member in holders.values.count { $0 == member } } }
    var isEven: Bool { (counts.max() ?? 0) - (counts.min() ?? 0) <= 1 && holders.count == tenants.count }

    mutating func lose(_ member: String) {
      members.remove(member)
      holders = holders.filter { $0.value != member }
    }
  }

  private static func tenants(_ count: Int) -> Set<String> { Set((0..<count).map { "tenant-\($0)" }) }

  @Test("in one round every tenant is held, and the counts differ by one at most", arguments: [1, 2, 3, 7, 50, 1_000])
  func even(_ count: Int) {
    for members in [["a"], ["a", "b"], ["a", "b", "c"], ["a", "b", "c", "d", "e"]] {
      var fleet = Fleet(members: Set(members), tenants: Self.tenants(count))
      fleet.round(stale: true)
      #expect(fleet.isEven, "\(members.count): \(fleet.counts)")
      let holders = fleet.holders
      fleet.round()
      fleet.round(stale: true)
      #expect(fleet.holders == holders && fleet.moves == 0, "something moved in a fleet that was even")
    }
  }

  @Test("one that joins gets its share in two rounds, and no more tenants move than it gets")
  func joining() {
    for count in [3, 10, 50, 51, 52, 1_000] {
      var fleet = Fleet(members: ["a", "b"], tenants: Self.tenants(count))
      fleet.round()
      fleet.members.insert("c")
      for _ in 0..<2 { fleet.round(stale: true) }
      #expect(fleet.isEven, "\(count): \(fleet.counts)")
      #expect(fleet.moves == fleet.holders.values.count { $0 == "c" }, "\(count)")
    }
  }

  @Test("what a dead member held is spread over the others; they give up nothing")
  func dying() {
    var fleet = Fleet(members: ["a", "b", "c"], tenants: Self.tenants(50))
    fleet.round()
    let before = fleet.holders
    fleet.lose("b")
    fleet.round(stale: true)
    #expect(fleet.isEven && fleet.moves == 0)
    #expect(before.allSatisfy { $0.value == "b" || fleet.holders[$0.key] == $0.value })
  }

  @Test("a tenant that one who is no member holds is left to it")
  func foreign() {
    let tenants = Self.tenants(5)
    var holders = Dictionary(uniqueKeysWithValues: tenants.map { ($0, "a") })
    holders["tenant-0"] = "backfill"
    let own = Spreading(of: "a", among: ["a"], tenants: tenants, holders: holders)
    #expect(own.toTake.isEmpty && own.toHandOver.isEmpty)
    let other = Spreading(of: "b", among: ["a", "b"], tenants: tenants, holders: holders)
    #expect(other.toTake.isEmpty && other.toHandOver.isEmpty)
  }

  @Test("members come and go at random: even after three rounds without a change, by seed", arguments: 1...200)
  func random(_ seed: Int) {
    var random = SeededRandom(seed: UInt64(seed))
    var fleet = Fleet(members: ["m0"], tenants: Self.tenants(1 + random.below(120)))
    for step in 1...30 {
      if random.below(3) == 0 { fleet.members.insert("m\(step)") }
      if random.below(4) == 0, fleet.members.count > 1 {
        fleet.lose(fleet.members.sorted()[random.below(fleet.members.count)])
      }
      fleet.round(stale: random.below(2) == 0)
    }
    for _ in 0..<3 { fleet.round(stale: true) }
    #expect(fleet.isEven, "\(fleet.counts)")
    let moves = fleet.moves
    fleet.round(stale: true)
    #expect(fleet.moves == moves)
  }
}
