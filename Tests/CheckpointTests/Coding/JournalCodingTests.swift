// Journal entries as bytes: read back whole, in this format and in the one before.

internal import IntakeCore
internal import IntakeTesting
import Testing

@testable internal import Checkpoint

@Suite struct JournalCodingTests {
  static let lines = [
    #"{"event.action":"failed","event.outcome":"failure"}"#, #"{"event.outcome":"unknown"}"#,
    #"{"email.subject":"\"event.action\":\"x\"","event.action":"delivered","event.outcome":"success"}"#,
  ]

  static var entry: JournalEntry {
    var batch = Batch()
    for (number, line) in lines.enumerated() {
      let text = Array(line.utf8)
      batch.bytes += text + [0x0A]
      var entry = Batch.Entry(
        identity: Identity(high: 1, low: UInt64(number)), received: Instant(seconds: 5), end: batch.bytes.count)
      entry.readStatus(of: unsafe text.span.bytes)
      batch.entries.append(entry)
    }
    batch.entries[1].isOutsideWindow = true
    return JournalEntry(sequence: 1, bytes: batch.bytes, entries: batch.entries, cursors: ["live": Instant(seconds: 9)])
  }

  /// What comes after the magic number, without the length.
  private static func withoutLength(_ head: [UInt8]) -> [UInt8] { Array(head[4..<12]) + head[20...] }

  /// As the version before wrote it: with a hash in place of the checksum.
  static func thirdFormat(_ entry: JournalEntry) -> [UInt8] {
    let head = JournalCoding.head(entry)
    let length = UInt64(head.count + entry.bytes.count + 32)
    let said = (0..<8).map { UInt8(truncatingIfNeeded: length >> UInt64($0 * 8)) }
    let old = Array("MTJ3".utf8) + head[4..<12] + said + head[20...]
    return old + entry.bytes + JournalCoding.hash(old, entry.bytes)
  }

  /// As version 2 wrote it: without what is outside of its window.
  static func secondFormat(_ entry: JournalEntry) -> [UInt8] {
    var plain = entry
    for index in plain.entries.indices { plain.entries[index].isOutsideWindow = false }
    let old = Array("MTJ2".utf8) + withoutLength(JournalCoding.head(plain))
    return old + entry.bytes + JournalCoding.hash(old, entry.bytes)
  }

  /// As the first version wrote it: 32 bytes an entry, without status and outcome.
  static func firstFormat(_ entry: JournalEntry) -> [UInt8] {
    let head = JournalCoding.head(entry)
    let start = head.count - entry.entries.count * 38
    var old = Array("MTJ1".utf8) + withoutLength(Array(head[..<start]))
    for number in entry.entries.indices { old += head[(start + number * 38)...].prefix(32) }
    return old + entry.bytes + JournalCoding.hash(old, entry.bytes)
  }

  /// - Parameter isCurrent: false for the formats that do not say which rows are outside of their window: all may be.
  static func check(_ read: JournalEntry, isCurrent: Bool = false) {
    var expected = entry.entries
    if !isCurrent { for index in expected.indices { expected[index].isOutsideWindow = true } }
    #expect(read.bytes == entry.bytes && read.entries == expected && read.cursors == entry.cursors)
    #expect(read.entries.map(\.outcome) == [.failure, .unknown, .success])
    var start = 0
    let statuses = read.entries.map { entry in
      defer { start = entry.end }
      return String(
        decoding: read.bytes[start...].dropFirst(entry.status.lowerBound).prefix(entry.status.count), as: UTF8.self)
    }
    #expect(statuses == ["failed", "", "delivered"])
  }

  @Test("an entry is read back as it was written, with status and outcome")
  func current() throws {
    let head = JournalCoding.head(Self.entry)
    let file = head + Self.entry.bytes + JournalCoding.hash(head, Self.entry.bytes)
    Self.check(try #require(JournalCoding.decode(file, sequence: 1)), isCurrent: true)
    #expect(JournalCoding.decode(file, sequence: 2) == nil)
  }

  @Test("an entry of an earlier version is read whole; status and outcome come from its events")
  func before() throws {
    let third = Self.thirdFormat(Self.entry)
    Self.check(try #require(JournalCoding.decode(third, sequence: 1)), isCurrent: true)
    let claim = try #require(JournalCoding.claim(third))
    #expect(claim.sequence == 1 && claim.length == third.count)
    Self.check(try #require(JournalCoding.decode(Self.firstFormat(Self.entry), sequence: 1)))
    Self.check(try #require(JournalCoding.decode(Self.secondFormat(Self.entry), sequence: 1)))
  }

  @Test("a state whose journal the version before wrote is recovered without loss")
  func recovered() throws {
    let folder = try ScratchFolder()
    let path = folder("state")
    var state = try StateDirectory.open(path, tenant: "contoso", log: .silent)
    var batch = Batch()
    (batch.bytes, batch.entries) = (Self.entry.bytes, Self.entry.entries)
    _ = try state.journal(batch, cursors: Self.entry.cursors)
    state.close()
    try folder.remove("state/journal/1.slot")
    try folder.write(Self.firstFormat(Self.entry), to: "state/journal/\(Journal.name(1))")
    let again = try StateDirectory.open(path, tenant: "contoso", log: .silent)
    defer { again.close() }
    #expect(again.pending == [1])
    Self.check(try again.entry(1))
  }
}
