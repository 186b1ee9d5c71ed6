// The table of identities: found, grown, pruned in place; and the checksum of its blocks.

internal import IntakeCore
internal import Testing

@testable import Checkpoint

@Suite("Ledger table")
struct LedgerTableTests {
  private func identity(_ number: Int) -> Identity { World.identity(Array("\(number)".utf8)) }
  private func time(_ number: Int) -> Instant { Instant(seconds: 1_790_000_000 + Int64(number % 40) * 21_600) }

  /// How many of the numbers were new.
  private func fill(_ table: inout LedgerTable, _ numbers: some Sequence<Int>) -> [Int] {
    numbers.filter { table.insert(identity($0), received: time($0)) }
  }

  @Test("an identity is new once, through any growth")
  func insert() {
    var table = LedgerTable()
    #expect(fill(&table, 0..<5_000) == Array(0..<5_000))
    #expect(fill(&table, 0..<5_000) == [])
    #expect(table.count == 5_000)
  }

  @Test("a table needs 20 to 30 bytes an identity while it grows, and little more in the moment of growing")
  func memory() {
    var table = LedgerTable()
    for number in 0..<200_000 as Range<UInt64> {
      let low = number &* 0x9E37_79B9_7F4A_7C15
      table.insert(LedgerTable.Slot(Identity(high: number, low: low), Age(unit: 1)))
      guard number >= 20_000, number % 1_000 == 0 else { continue }
      #expect((20...31).contains(table.size / table.count), "\(table.size) bytes for \(table.count)")
    }
    #expect(LedgerTable(expecting: 200_000).size < 200_000 * 23)
  }

  @Test("pruning leaves exactly what is not older, however the probes ran into one another")
  func prune() {
    var table = LedgerTable(expecting: 5_000)
    _ = fill(&table, 0..<5_000)
    table.prune(before: Age(time(25)))
    #expect(table.count == 5_000 / 40 * 15)
    #expect(fill(&table, 0..<5_000) == (0..<5_000).filter { $0 % 40 < 25 })
  }

  @Test("an identity seen again with a later age is kept for as long as that one")
  func laterAge() {
    var table = LedgerTable()
    let first = table.insert(identity(1), received: Instant(ticks: 0))
    let second = table.insert(identity(1), received: time(30))
    table.prune(before: Age(time(20)))
    let third = table.insert(identity(1), received: Instant(ticks: 0))
    #expect([first, second, third] == [true, false, false])
  }

  @Test("clusters around the end of the table survive pruning")
  func wrap() {
    var table = LedgerTable()
    var crowd: [LedgerTable.Slot] = []
    for number in 0..<300 as Range<UInt64> {
      crowd.append(.init(Identity(high: number, low: .max - (number % 20) << 48), Age(unit: number % 2 == 0 ? 1 : 2)))
    }
    for slot in crowd { table.insert(slot) }
    #expect(table.count == 300)
    table.prune(before: Age(unit: 2))
    #expect(table.count == 150)
    let new = crowd.filter { table.insert($0) }
    #expect(new == crowd.filter { $0.age == Age(unit: 1) })
  }

  @Test(
    "ages saturate at both ends",
    arguments: [
      (Instant.earliest, 1), (Instant(ticks: .min), 1), (Instant(seconds: 1_577_836_800), 1),
      (Instant(seconds: 1_577_836_800 + 21_600), 2), (Instant.latest, .max), (Instant(ticks: .max), .max),
    ] as [(Instant, UInt16)])
  func ages(instant: Instant, unit: UInt16) { #expect(Age(instant).unit == unit) }

  @Test(
    "the checksum is CRC-32C",
    arguments: [
      ("", 0), ("a", 0xC1D0_4330), ("123456789", 0xE306_9283), (String(repeating: "\0", count: 32), 0x8A91_36AA),
    ] as [(String, UInt32)])
  func checksum(text: String, sum: UInt32) {
    let bytes = Array(text.utf8)
    #expect(CRC32C.of(bytes, 0..<bytes.count) == sum)
  }
}
