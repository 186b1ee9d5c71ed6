// Segments on disk: small while there is little, few where there is much, and of all of it no more read than asked for.

internal import Glibc
internal import IntakeCore
internal import IntakeTesting
internal import Testing

@testable import Checkpoint

@Suite("Ledger files")
struct LedgerFilesTests {
  /// Spread as hashes are.
  private static func slot(_ number: Int) -> LedgerSlot {
    let identity = UInt64(number + 1) &* 0x9E37_79B9_7F4A_7C15
    return LedgerSlot(Identity(high: identity, low: identity ^ identity >> 29))
  }

  /// Blocks a minute apart, the rows of each within its minute; every tenth block has a row from a day before.
  private static func records(_ block: Int, count: Int) -> [LedgerRecord] {
    (0..<count).map { number in
      let late = block % 10 == 0 && number == 0 ? 86_400 : 0
      let seconds = 1_790_000_000 + block * 60 + number * 60 / count - late
      return LedgerRecord(slot(block * count + number), seconds: Int64(seconds))
    }
  }

  private func fill(
    _ folder: ScratchFolder, blocks: Int, count: Int, acknowledged: UInt64 = .max, files: FileCalls = .system
  ) throws -> LedgerFiles {
    let directory = try FileCalls.system.open(folder.path, O_RDONLY | O_DIRECTORY)
    var ledger = LedgerFiles(directory, segments: [], files: files)
    for block in 0..<blocks {
      try ledger.append(
        inside: Self.records(block, count: count), outside: [], sequence: UInt64(block + 1),
        acknowledged: min(UInt64(block), acknowledged))
      try ledger.removeReplaced()
    }
    return ledger
  }

  @Test(
    "20 bytes an identity on disk, tens of segments, and each minute found again",
    arguments: [(2_000, 5), (400, 60), (60, 3_000)])
  func sizes(blocks: Int, count: Int) throws {
    let folder = try ScratchFolder()
    let ledger = try fill(folder, blocks: blocks, count: count)
    #expect(ledger.count == blocks * count)
    #expect(ledger.segments.reduce(0) { $0 + $1.length } <= blocks * count * 20)
    #expect(ledger.segments.count < 45 && ledger.segments.filter { $0.kind == .log }.count <= 1)
    #expect(try Set(folder.names(".")) == Set(ledger.segments.map(\.name)))
    for block in stride(from: 0, to: blocks, by: 7) {
      let start = Int64(1_790_000_000 + block * 60)
      let found = try ledger.slots(in: start..<(start + 60)).map { $0.marked(1) }
      let expected = Self.records(block, count: count).filter { $0.seconds >= start }.map(\.slot)
      #expect(expected.allSatisfy(found.contains) && found.count <= expected.count + 4, "\(found.count)")
    }
    let late = try ledger.slots(in: 1_789_913_600..<1_790_000_000)
    #expect(late.count >= (min(blocks, 1_440) + 9) / 10)
    #expect(try ledger.outsideSlots(since: .min) == [])
  }

  @Test("opening reads no more than a small log, and a minute of many reads no more than it needs")
  func sparing() throws {
    let folder = try ScratchFolder()
    let plan = FileFaultPlan.watching()
    let ledger = try fill(folder, blocks: 600, count: 200, files: plan.files)
    let before = plan.seen.count
    try ledger.open()
    let log = try #require(ledger.segments.last)
    #expect(log.kind == .log && log.length <= 256 << 10)
    let calls = plan.seen[before...].map(\.description)
    #expect(calls == ["list \(folder.path)", "open \(log.name)", "read \(log.name)"])
    let sorted = ledger.segments.filter { $0.kind != .log }
    #expect(sorted.count > 5 && !ledger.mayHold(0..<1_000_000))
    _ = try ledger.slots(in: (log.newest + 10)..<(log.newest + 20))
    #expect(plan.seen.count == before + calls.count)
  }

  @Test("what a sink has not acknowledged is not sorted, and goes by its entry's number")
  func waiting() throws {
    let folder = try ScratchFolder()
    var ledger = try fill(folder, blocks: 100, count: 100, acknowledged: 60)
    #expect(ledger.segments.count > 1)
    let dropped = try ledger.drop([72, 73], latest: .max)
    let start: Int64 = 1_790_000_000 + 71 * 60
    #expect(dropped == start)
    #expect(ledger.count == 98 * 100)
    let before = start - 60
    #expect(try ledger.slots(in: before..<(before + 240)).count <= 200 + 4)
    #expect(try ledger.drop([72], latest: .max) == nil)
  }

  @Test("a sorted segment with any byte changed is refused by name when it is read")
  func damage() throws {
    let folder = try ScratchFolder()
    let ledger = try fill(folder, blocks: 40, count: 200)
    let segment = try #require(ledger.segments.first)
    #expect(segment.kind != .log)
    let span = segment.oldest..<(segment.newest + 1)
    let whole = try folder.bytes(segment.name)
    for byte in stride(from: 0, to: whole.count, by: 97) {
      var turned = whole
      turned[byte] ^= 8
      try folder.write(turned, to: segment.name)
      #expect(throws: LedgerFault.self, "byte \(byte)") { try ledger.slots(in: span) }
    }
    try folder.write(whole, to: segment.name)
    #expect(try ledger.slots(in: span).count >= segment.count)
  }
}
