// Segments on disk: small while there is little, few where there is much, and all of it found again.

internal import Glibc
internal import IntakeCore
internal import IntakeTesting
internal import Testing

@testable import Checkpoint

@Suite("Ledger files")
struct LedgerFilesTests {
  /// Spread as hashes are.
  private static func slots(_ block: Int, count: Int) -> [LedgerTable.Slot] {
    (0..<count).map { number in
      let identity = UInt64(block * count + number + 1) &* 0x9E37_79B9_7F4A_7C15
      return LedgerTable.Slot(
        Identity(high: identity, low: identity ^ identity >> 29), Age(unit: UInt16(block / 4 + 1)))
    }
  }

  private func fill(_ folder: ScratchFolder, blocks: Int, count: Int) throws -> LedgerFiles {
    let directory = try FileCalls.system.open(folder.path, O_RDONLY | O_DIRECTORY)
    var ledger = LedgerFiles(directory, segments: [], files: .system)
    for block in 0..<blocks { try ledger.append(Self.slots(block, count: count), sequence: UInt64(block + 1)) }
    return ledger
  }

  @Test("a quiet tenant's newest segment stays small, so that opening reads days and not months")
  func quiet() throws {
    let folder = try ScratchFolder()
    var ledger = try fill(folder, blocks: 200, count: 60)
    #expect(ledger.segments.count == 4 && ledger.segments.allSatisfy { $0.length <= 64 << 10 })
    #expect(try ledger.load(dropping: []).table.count == 200 * 60)
    let newest = try #require(ledger.segments.last?.newest)
    let recent = try ledger.load(dropping: [], since: newest).table.count
    #expect(recent > 0 && recent < 80 * 60)
    let expired = ledger.expire(before: newest)
    #expect(expired.count == 2)
    #expect(try ledger.load(dropping: [], since: newest).table.count == recent)
  }

  @Test("segments grow with the whole, so that a busy tenant has tens of them and not thousands")
  func busy() throws {
    let folder = try ScratchFolder()
    var ledger = try fill(folder, blocks: 60, count: 3_000)
    let lengths = ledger.segments.map(\.length)
    #expect(lengths.count < 45 && (lengths.max() ?? 0) > (lengths.min() ?? 0), "\(lengths)")
    #expect(try ledger.load(dropping: []).table.count == 60 * 3_000)
  }
}
