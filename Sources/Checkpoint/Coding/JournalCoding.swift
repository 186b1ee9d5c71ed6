// A journal entry as bytes: what any sink needs to take charge of it, and what the checkpoint needs afterwards.
//
//     "MTJ4" sequence:u64 length:u64 bytes:u64 entries:u32 cursors:u32
//     cursors × (length:u16 name ticks:i64)
//     entries × (high:u64 low:u64 received:i64 end:u64 status:u32 statusLength:u8 flags:u8)
//     the exact bytes for the sinks  checksum of all before it (JournalChecksum; SHA-256 up to version 3)
//
// length: of all of it. The file may be longer: what stands behind it means nothing.
// flags: the outcome in the lower bits; the highest says that the row's time lies outside of its window.

internal import IntakeCore

enum JournalCoding {
  private static let magic: UInt32 = 0x344A_544D
  /// Version 3 ended with a SHA-256.
  private static let magicWithHash: UInt32 = 0x334A_544D
  /// Version 2 did not say which rows lie outside of their window: all may.
  private static let magicWithoutWindow: UInt32 = 0x324A_544D
  /// Version 1 had neither status nor outcome in its entries: both are read from the events.
  private static let magicWithoutStatus: UInt32 = 0x314A_544D
  private static let outsideWindow: UInt8 = 0x80
  private static let hashLength = 32
  /// Where the number of bytes for the sinks stands, since version 3.
  private static let lengthPlace = 20
  private static let entryLength = 38
  /// Up to here an entry says which one it is.
  static let claimLength = 20

  /// Everything before the sinks' bytes.
  static func head(_ entry: JournalEntry) -> [UInt8] {
    var head: [UInt8] = []
    head.reserveCapacity(64 + entry.entries.count * entryLength + entry.cursors.count * 32)
    head.append(little: magic)
    head.append(little: entry.sequence)
    head.append(little: UInt64(0))
    head.append(little: UInt64(entry.bytes.count))
    head.append(little: UInt32(clamping: entry.entries.count))
    head.append(little: UInt32(clamping: entry.cursors.count))
    for (name, instant) in entry.cursors.sorted(by: { $0.key < $1.key }) {
      let text = Array(name.utf8.prefix(Int(UInt16.max)))
      head.append(little: UInt16(clamping: text.count))
      head.append(contentsOf: text)
      head.append(little: instant.ticks)
    }
    for one in entry.entries {
      head.append(little: one.identity.high)
      head.append(little: one.identity.low)
      head.append(little: one.received.ticks)
      head.append(little: UInt64(clamping: one.end))
      head.append(little: UInt32(clamping: one.status.lowerBound))
      head.append(little: UInt8(clamping: one.status.count))
      head.append(little: one.outcome.rawValue | (one.isOutsideWindow ? outsideWindow : 0))
    }
    let length = UInt64(head.count + entry.bytes.count + JournalChecksum.length)
    for byte in 0..<8 { head[12 + byte] = UInt8(truncatingIfNeeded: length >> UInt64(byte * 8)) }
    return head
  }

  /// What ends the file: the checksum, or the hash of the versions before, as the head says.
  static func hash(_ head: [UInt8], _ bytes: [UInt8]) -> [UInt8] {
    if number(head, at: 0, UInt32.self) == magic {
      var checksum = JournalChecksum()
      checksum.update(unsafe head.span.bytes)
      checksum.update(unsafe bytes.span.bytes)
      return checksum.bytes
    }
    var hash = SHA256()
    hash.update(head)
    hash.update(bytes)
    return digest(&hash)
  }

  /// The file: its head, the bytes for the sinks, and the hash.
  static func whole(_ entry: JournalEntry) -> [UInt8] {
    var bytes = head(entry)
    let hash = hash(bytes, entry.bytes)
    bytes += entry.bytes
    bytes += hash
    return bytes
  }

  /// Which entry the beginning of a file announces, and how long it is; nil where it is none.
  static func claim(_ head: [UInt8]) -> (sequence: UInt64, length: Int)? {
    var reader = ByteReader(head, 0..<head.count)
    let version = reader.number(UInt32.self)
    guard version == magic || version == magicWithHash, let sequence = reader.number(UInt64.self),
      let length = reader.number(UInt64.self).flatMap(Int.init(exactly:)), length > claimLength
    else { return nil }
    return (sequence, length)
  }

  /// nil if anything about the file is not as it was written.
  static func decode(_ file: [UInt8], sequence: UInt64) -> JournalEntry? {
    guard let content = wholeContent(of: file) else { return nil }
    var reader = ByteReader(file, 0..<content)
    let version = reader.number(UInt32.self)
    let saysLength = version == magic || version == magicWithHash
    guard saysLength || version == magicWithoutWindow || version == magicWithoutStatus,
      reader.number(UInt64.self) == sequence,
      !saysLength || reader.number(UInt64.self) == UInt64(file.count),
      let length = reader.number(UInt64.self), let entryCount = reader.number(UInt32.self),
      let cursorCount = reader.number(UInt32.self), let cursors = cursors(&reader, Int(cursorCount), file),
      var entries = entries(&reader, Int(entryCount), withStatus: version != magicWithoutStatus),
      let body = reader.take(Int(clamping: length)), reader.left == 0
    else { return nil }
    let bytes = Array(file[body])
    if version == magicWithoutStatus { addStatus(to: &entries, bytes) }
    if !saysLength { for index in entries.indices { entries[index].isOutsideWindow = true } }
    return JournalEntry(sequence: sequence, bytes: bytes, entries: entries, cursors: cursors)
  }

  /// How many bytes stand before the checksum or hash, if it is theirs.
  private static func wholeContent(of file: [UInt8]) -> Int? {
    let span = unsafe file.span.bytes
    if number(file, at: 0, UInt32.self) == magic {
      let content = file.count - JournalChecksum.length
      guard let body = number(file, at: lengthPlace, UInt64.self).flatMap(Int.init(exactly:)), body >= 0,
        body <= content
      else { return nil }
      var checksum = JournalChecksum()
      checksum.update(span.extracting(0..<(content - body)))
      checksum.update(span.extracting((content - body)..<content))
      return checksum.bytes == Array(file[content...]) ? content : nil
    }
    guard file.count > hashLength else { return nil }
    let content = file.count - hashLength
    var hash = SHA256()
    hash.update(Array(file[..<content]))
    return digest(&hash) == Array(file[content...]) ? content : nil
  }

  private static func number<Number: FixedWidthInteger>(_ bytes: [UInt8], at place: Int, _: Number.Type) -> Number? {
    guard bytes.count >= place + MemoryLayout<Number>.size else { return nil }
    var reader = ByteReader(bytes, place..<bytes.count)
    return reader.number(Number.self)
  }

  private static func cursors(_ reader: inout ByteReader, _ count: Int, _ file: [UInt8]) -> [String: Instant]? {
    var cursors: [String: Instant] = [:]
    for _ in 0..<count {
      guard let length = reader.number(UInt16.self), let name = reader.take(Int(length)),
        let ticks = reader.number(Int64.self)
      else { return nil }
      cursors[String(decoding: file[name], as: UTF8.self)] = Instant(ticks: ticks)
    }
    return cursors
  }

  private static func entries(
    _ reader: inout ByteReader, _ count: Int, withStatus: Bool
  ) -> [Batch.Entry]? {
    guard count <= reader.left / 32 else { return nil }
    var entries: [Batch.Entry] = []
    entries.reserveCapacity(count)
    for _ in 0..<count {
      guard let high = reader.number(UInt64.self), let low = reader.number(UInt64.self),
        let ticks = reader.number(Int64.self), let end = reader.number(UInt64.self)
      else { return nil }
      var entry = Batch.Entry(
        identity: Identity(high: high, low: low), received: Instant(ticks: ticks), end: Int(clamping: end))
      if withStatus {
        guard let start = reader.number(UInt32.self), let length = reader.number(UInt8.self),
          let flags = reader.number(UInt8.self), let outcome = Batch.Outcome(rawValue: flags & ~outsideWindow)
        else { return nil }
        entry.isOutsideWindow = flags & outsideWindow != 0
        entry.setStatus(Int(start)..<(Int(start) + Int(length)), outcome)
      }
      entries.append(entry)
    }
    return entries
  }

  private static func addStatus(to entries: inout [Batch.Entry], _ bytes: [UInt8]) {
    let span = unsafe bytes.span.bytes
    var start = 0
    for index in entries.indices {
      let end = min(max(start, entries[index].end), bytes.count)
      entries[index].readStatus(of: span.extracting(start..<end))
      start = end
    }
  }

  private static func digest(_ hash: inout SHA256) -> [UInt8] {
    let words = hash.finish()
    var bytes: [UInt8] = []
    for word in [words.0, words.1, words.2, words.3] { bytes.append(little: word) }
    return bytes
  }
}
