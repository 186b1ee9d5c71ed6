// The table of identities, the times of the ledger, and the checksum of its blocks.

internal import IntakeCore
internal import Testing

@testable import Checkpoint

@Suite("Ledger table")
struct LedgerTableTests {
  private func slot(_ number: Int) -> LedgerSlot { LedgerSlot(World.identity(Array("\(number)".utf8))) }

  @Test("an identity is new once, through any growth")
  func insert() {
    var table = LedgerTable()
    #expect((0..<5_000).filter { table.insert(slot($0)) } == Array(0..<5_000))
    #expect((0..<5_000).filter { table.insert(slot($0)) } == [])
    #expect((0..<10_000).filter { table.contains(slot($0)) } == Array(0..<5_000))
    #expect(table.count == 5_000)
  }

  @Test("a table needs 20 to 30 bytes an identity while it grows, 20 where their number is known")
  func memory() {
    var table = LedgerTable()
    for number in 0..<200_000 as Range<UInt64> {
      table.insert(LedgerSlot(Identity(high: number, low: number &* 0x9E37_79B9_7F4A_7C15)))
      guard number >= 20_000, number % 1_000 == 0 else { continue }
      #expect((20...31).contains(table.size / table.count), "\(table.size) bytes for \(table.count)")
    }
    #expect(LedgerTable(expecting: 200_000).size < 200_000 * 21)
  }

  @Test("identities that share the upper bits are told apart by the rest, around the end of the table too")
  func crowd() {
    var table = LedgerTable()
    let crowd = (0..<300 as Range<UInt64>).map { LedgerSlot(Identity(high: $0, low: .max - ($0 % 20) << 48)) }
    #expect(crowd.allSatisfy { table.insert($0) } && !crowd.contains { table.insert($0) })
    #expect(table.count == 300)
  }

  @Test(
    "ages saturate at both ends",
    arguments: [
      (Instant.earliest, 1), (Instant(ticks: .min), 1), (Instant(seconds: 1_577_836_800), 1),
      (Instant(seconds: 1_577_836_800 + 21_600), 2), (Instant.latest, .max), (Instant(ticks: .max), .max),
    ] as [(Instant, UInt16)])
  func ages(instant: Instant, unit: UInt16) { #expect(Age(instant).unit == unit) }

  @Test("times are whole seconds, rounded down, of four-digit years")
  func seconds() {
    #expect(Instant(ticks: -1).wholeSeconds == -1 && Instant(ticks: 19_999_999).wholeSeconds == 1)
    #expect(Instant(ticks: .max).wholeSeconds == 253_402_300_799)
    #expect(LedgerQuarter.number(of: Instant(ticks: -1)) == -1 && LedgerQuarter.number(of: Instant(ticks: 0)) == 0)
  }

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
