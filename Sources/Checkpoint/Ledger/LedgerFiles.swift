// The ledger on disk: segments of append-only blocks, each block one journal entry's identities under a checksum.
//
//     "MTS1" count:u32 sequence:u64 crc32c:u32 zero:u32   count × (high:u64 low:u64, as in LedgerTable.Slot)
//
// Segments are numbered by the order of writing, not by received time: a page is one append and one sync whatever times
// its rows claim. A segment goes when nothing in it can be seen again.

internal import Glibc
internal import IntakeCore

/// `seen/<number>.idx`, with the lengths that the checkpoint has committed.
struct LedgerFiles: Sendable {
  struct Segment: Sendable, Equatable {
    var number: UInt64
    /// Committed bytes; bytes after them were never committed.
    var length: Int
    /// Age of the newest row in it; `Age.last` where an older version has not stored it.
    var newest = Age(unit: 1)
  }

  /// What opening may meet beside a fault of the disk.
  enum Opening: Error {
    case fault(FileFault)
    case corrupt(name: String)
  }

  static let magic: UInt32 = 0x3153_544D
  static let headLength = 24
  static let slotLength = 16

  private let files: FileCalls
  private let directory: Descriptor
  /// Bytes after which the next segment is begun.
  private let segmentLength: Int
  private(set) var segments: [Segment]
  /// The file that is appended to, kept open from the first append on.
  private var current: Descriptor?

  init(_ directory: Descriptor, segments: [Segment], files: FileCalls, segmentLength: Int = 4 << 20) {
    self.directory = directory
    self.segments = segments
    self.files = files
    self.segmentLength = segmentLength
  }

  /// Reads every committed block into a new table, cuts off what was not committed, removes segments that the checkpoint does not list.
  ///
  /// Blocks of the entries in `dropped` are left out of table and disk: their events have to be read again. The age of
  /// the oldest row among them is given back. Segments rewritten for it get new numbers; the old files stay until the
  /// next opening, for the checkpoint still names them.
  /// - Parameter since: what is older stays on disk and is not loaded, unless something has to be dropped.
  mutating func load(
    dropping dropped: Set<UInt64>, since: Age = Age(unit: 1)
  ) throws(Opening) -> (table: LedgerTable, oldestDropped: Age?) {
    let known = segments
    let since = dropped.isEmpty ? since : Age(unit: 1)
    let wanted = known.reduce(0) { $0 + ($1.newest < since ? 0 : $1.length / Self.slotLength) }
    var table = LedgerTable(expecting: wanted)
    var oldest: Age?
    do {
      let names = Set(known.map { Self.name($0.number) })
      for name in try files.names(in: directory) where !names.contains(name) {
        try files.remove(name, in: directory)
      }
      for index in segments.indices where segments[index].newest >= since {
        let bytes = try read(segments[index])
        guard let blocks = LedgerBlocks(bytes) else { throw Opening.corrupt(name: Self.name(segments[index].number)) }
        let kept = blocks.insert(into: &table, since: since, dropping: dropped, oldestDropped: &oldest)
        segments[index].newest = kept.newest
        if kept.bytes != nil { try rewrite(index, kept.bytes ?? []) }
      }
    } catch let fault as FileFault {
      throw Opening.fault(fault)
    } catch let opening as Opening {
      throw opening
    } catch {
      throw Opening.corrupt(name: directory.name)
    }
    return (table, oldest)
  }

  /// The step record for one entry: appended and synced; the new length counts once the checkpoint has it.
  mutating func append(_ slots: [LedgerTable.Slot], sequence: UInt64) throws(FileFault) {
    guard !slots.isEmpty else { return }
    let block = LedgerBlocks.encode(slots, sequence: sequence)
    let isNew = segments.last.map { $0.length + block.count > roomOfSegment } ?? true
    if isNew { try begin() }
    guard var segment = segments.popLast() else { return }
    let file = try openCurrent(segment)
    try files.write(block, to: file, at: Int64(segment.length))
    try files.syncData(file)
    if isNew { try files.sync(directory) }
    segment.length += block.count
    for slot in slots { segment.newest = max(segment.newest, slot.age) }
    segments.append(segment)
  }

  /// The segments in which nothing is as new as `age`; they are off the list, their files still there.
  mutating func expire(before age: Age) -> [Segment] {
    let expired = segments.filter { $0.newest < age }
    if expired.contains(where: { $0.number == segments.last?.number }) { current = nil }
    segments.removeAll { $0.newest < age }
    return expired
  }

  func remove(_ expired: [Segment]) throws(FileFault) {
    for segment in expired { try files.remove(Self.name(segment.number), in: directory) }
  }

  /// Small while there is little in all: every opening reads the newest segment whole, and a quiet tenant's would hold
  /// months. Large where there is much, so that there are tens of small segments at most.
  private var roomOfSegment: Int {
    let total = segments.reduce(0) { $0 + $1.length }
    return min(segmentLength, max(64 << 10, total / 16))
  }

  private mutating func begin() throws(FileFault) {
    let number = (segments.map(\.number).max() ?? 0) + 1
    try files.remove(Self.name(number), in: directory)
    current = try files.open(Self.name(number), in: directory, O_RDWR | O_CREAT | O_EXCL)
    segments.append(Segment(number: number, length: 0))
  }

  private mutating func openCurrent(_ segment: Segment) throws(FileFault) -> Descriptor {
    if let current { return current }
    let file = try files.open(Self.name(segment.number), in: directory, O_RDWR)
    current = file
    return file
  }

  /// The committed bytes. A longer file is cut to them; a shorter one is corrupt.
  private func read(_ segment: Segment) throws -> [UInt8] {
    let name = Self.name(segment.number)
    guard let status = try files.status(name, in: directory), status.size >= segment.length else {
      throw Opening.corrupt(name: name)
    }
    let file = try files.open(name, in: directory, O_RDWR)
    if status.size > segment.length { try files.truncate(file, to: Int64(segment.length)) }
    return try files.read(file, at: 0, count: segment.length)
  }

  private mutating func rewrite(_ index: Int, _ bytes: [UInt8]) throws(FileFault) {
    let number = (segments.map(\.number).max() ?? 0) + 1
    let file = try files.open(Self.name(number), in: directory, O_RDWR | O_CREAT | O_EXCL)
    try files.write(bytes, to: file, at: 0)
    try files.sync(file)
    try files.sync(directory)
    segments[index].number = number
    segments[index].length = bytes.count
  }

  static func name(_ number: UInt64) -> String { "\(number).idx" }
}
