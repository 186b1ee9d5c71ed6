// The ledger on disk: a log that each journal entry's identities are appended to, and sorted segments that it becomes.
//
// A page is one append and one sync whatever times its rows claim. Once the log is large enough, what every sink has
// acknowledged of it is written as a sorted segment, in which the identities of any span are found without reading the
// rest. A segment goes when nothing in it can be seen again.

internal import Glibc
internal import IntakeCore

/// What reading the ledger may meet beside a fault of the disk.
enum LedgerFault: Error {
  case disk(FileFault)
  case corrupt(name: String)

  static func of<Value>(_ body: () throws(FileFault) -> Value) throws(LedgerFault) -> Value {
    do { return try body() } catch { throw .disk(error) }
  }
}

/// `seen/<number>.idx`, with the lengths that the checkpoint has committed.
struct LedgerFiles: Sendable {
  let files: FileCalls
  let directory: Descriptor
  /// Bytes after which the log is sorted, at most.
  private let largestLog: Int
  /// The log is the last one.
  private(set) var segments: [LedgerSegment]
  /// The log, kept open from the first append on.
  private var current: Descriptor?
  /// The log is not looked at again before it has this length: too much of it waited for a sink.
  private var nextSort = 0
  /// Files that the next checkpoint does not list any more.
  private var replaced: [LedgerSegment] = []

  init(_ directory: Descriptor, segments: [LedgerSegment], files: FileCalls, largestLog: Int = 4 << 20) {
    self.directory = directory
    self.segments = segments
    self.files = files
    self.largestLog = largestLog
  }

  /// Identities on disk.
  var count: Int { segments.reduce(0) { $0 + $1.count } }

  /// Removes files that the checkpoint does not list, cuts off what was not committed, and makes sure that the rest is
  /// there. Reads no identity but those of a small log, to find damage early.
  func open() throws(LedgerFault) {
    let known = Set(segments.map(\.name))
    for name in try LedgerFault.of({ () throws(FileFault) in try files.names(in: directory) }) {
      guard !known.contains(name) else { continue }
      try LedgerFault.of { () throws(FileFault) in try files.remove(name, in: directory) }
    }
    for segment in segments {
      let status = try LedgerFault.of { () throws(FileFault) in try files.status(segment.name, in: directory) }
      guard let status, status.size >= segment.length else { throw .corrupt(name: segment.name) }
      guard status.size > segment.length else { continue }
      try LedgerFault.of { () throws(FileFault) in
        try files.truncate(try files.open(segment.name, in: directory, O_RDWR), to: Int64(segment.length))
      }
    }
    if let log, log.length <= Self.smallLog, LedgerBlock.all(in: try read(log)) == nil {
      throw .corrupt(name: log.name)
    }
  }

  private static var smallLog: Int { 256 << 10 }

  /// The step record for one entry: appended and synced; the new length counts once the checkpoint has it.
  /// - Parameter acknowledged: up to this entry no sink lacks anything.
  mutating func append(
    _ entries: [Batch.Entry], sequence: UInt64, acknowledged: UInt64
  ) throws(LedgerFault) {
    var (inside, outside): ([LedgerRecord], [LedgerRecord]) = ([], [])
    inside.reserveCapacity(entries.count)
    for entry in entries {
      if entry.isOutsideWindow { outside.append(LedgerRecord(entry)) } else { inside.append(LedgerRecord(entry)) }
    }
    try append(inside: inside, outside: outside, sequence: sequence, acknowledged: acknowledged)
  }

  /// - Parameters:
  ///   - inside: of rows inside the windows that were read.
  ///   - outside: of rows outside of them.
  ///   - sequence: of their journal entry.
  ///   - acknowledged: up to this entry no sink lacks anything.
  mutating func append(
    inside: [LedgerRecord], outside: [LedgerRecord], sequence: UInt64, acknowledged: UInt64
  ) throws(LedgerFault) {
    var bytes: [UInt8] = []
    bytes.reserveCapacity((inside.count + outside.count) * LedgerSlot.length + 4 * LedgerBlock.headLength)
    var index: [LedgerIndex.Place] = []
    for (records, isOutside) in [(outside, true), (inside, false)] {
      let isWide = records.contains { abs($0.seconds - records[0].seconds) > LedgerBlock.mostSteps / 2 }
      let sorted = isWide ? records.sorted { $0.seconds < $1.seconds } : records
      LedgerBlock.append(sorted, sequence: sequence, isOutside: isOutside, to: &bytes, index: &index)
    }
    guard !bytes.isEmpty else { return }
    if let log, log.length + bytes.count > max(roomOfLog, nextSort) { try sortLog(acknowledged) }
    try append(bytes, (inside + outside).map(\.seconds))
  }

  /// The segments in which nothing is as new as `seconds`; they are off the list, their files still there.
  mutating func expire(before seconds: Int64) -> [LedgerSegment] {
    let expired = segments.filter { $0.newest < seconds }
    if expired.contains(where: { $0.kind == .log }) { current = nil }
    segments.removeAll { $0.newest < seconds }
    return expired
  }

  func remove(_ expired: [LedgerSegment]) throws(FileFault) {
    for segment in expired { try files.remove(segment.name, in: directory) }
  }

  /// Removes the files that the checkpoint has ceased to list.
  mutating func removeReplaced() throws(FileFault) {
    for segment in replaced { try files.remove(segment.name, in: directory) }
    replaced = []
  }

  var log: LedgerSegment? { segments.last.flatMap { $0.kind == .log ? $0 : nil } }

  /// Small while there is little in all: what is in the log is read for any span. Large where there is much, so that
  /// there are tens of segments and not thousands.
  private var roomOfLog: Int {
    let total = segments.reduce(0) { $0 + $1.length }
    return min(largestLog, max(64 << 10, total / 16))
  }

  /// Above that of every file there may be: one that the checkpoint still names must not be written over.
  var nextNumber: UInt64 { ((segments + replaced).map(\.number).max() ?? 0) + 1 }

  private mutating func append(_ bytes: [UInt8], _ times: [Int64]) throws(LedgerFault) {
    let isNew = log == nil
    if isNew { segments.append(LedgerSegment(number: nextNumber, length: 0, kind: .log)) }
    guard var log = segments.popLast() else { return }
    do throws(FileFault) {
      let file: Descriptor
      if isNew {
        try files.remove(log.name, in: directory)
        file = try files.open(log.name, in: directory, O_RDWR | O_CREAT | O_EXCL)
      } else {
        file = if let current { current } else { try files.open(log.name, in: directory, O_RDWR) }
      }
      current = file
      try files.write(bytes, to: file, at: Int64(log.length))
      try files.syncData(file)
      if isNew { try files.sync(directory) }
    } catch {
      throw .disk(error)
    }
    log.length += bytes.count
    for seconds in times { log.note(seconds) }
    segments.append(log)
  }

  /// Writes what is acknowledged of the log as a sorted segment, and the rest as a new log.
  private mutating func sortLog(_ acknowledged: UInt64) throws(LedgerFault) {
    guard let log else { return }
    let bytes = try read(log)
    guard let blocks = LedgerBlock.all(in: bytes) else { throw .corrupt(name: log.name) }
    let waiting = blocks.drop { $0.sequence <= acknowledged }
    let isReady = blocks.count - waiting.count > blocks.count / 2
    nextSort = isReady ? 0 : 2 * log.length
    guard isReady else { return }
    segments.removeLast()
    replaced.append(log)
    current = nil
    var number = log.number
    for precision in Set(blocks.map(\.step)).sorted() {
      var sorted = SortedSegment(precision: precision)
      for block in blocks where block.sequence <= acknowledged && block.step == precision { sorted.add(block, bytes) }
      guard !sorted.isEmpty else { continue }
      number = max(nextNumber, number + 1)
      segments.append(try write(sorted, number: number))
    }
    if let rest = try writeLog(Array(waiting), bytes, number: number + 1) { segments.append(rest) }
  }

  /// Writes blocks as a log; it counts once the checkpoint lists it. nil where there is none.
  func writeLog(_ blocks: [LedgerBlock], _ bytes: [UInt8], number: UInt64) throws(LedgerFault) -> LedgerSegment? {
    guard !blocks.isEmpty else { return nil }
    var log = LedgerSegment(number: number, length: 0, kind: .log)
    var kept: [UInt8] = []
    for block in blocks {
      kept += bytes[block.whole]
      log.precision = max(log.precision, block.step)
      block.each(bytes) { log.note($0.seconds) }
    }
    log.length = kept.count
    try writeWhole(kept, to: log.name)
    return log
  }

  /// Writes a sorted segment; it counts once the checkpoint lists it.
  func write(_ sorted: SortedSegment, number: UInt64) throws(LedgerFault) -> LedgerSegment {
    let (segment, bytes) = sorted.encoded(number: number)
    try writeWhole(bytes, to: segment.name)
    return segment
  }

  private func writeWhole(_ bytes: [UInt8], to name: String) throws(LedgerFault) {
    do throws(FileFault) {
      try files.remove(name, in: directory)
      let file = try files.open(name, in: directory, O_RDWR | O_CREAT | O_EXCL)
      try files.write(bytes, to: file, at: 0)
      try files.sync(file)
      try files.sync(directory)
    } catch {
      throw .disk(error)
    }
  }

  /// The committed bytes.
  func read(_ segment: LedgerSegment, _ range: Range<Int>? = nil) throws(LedgerFault) -> [UInt8] {
    let range = range ?? 0..<segment.length
    guard !range.isEmpty else { return [] }
    let bytes = try LedgerFault.of { () throws(FileFault) in
      let file = try files.open(segment.name, in: directory, O_RDONLY)
      return try files.read(file, at: Int64(range.lowerBound), count: range.count)
    }
    guard bytes.count == range.count else { throw .corrupt(name: segment.name) }
    return bytes
  }

  /// Replaces the list of segments; the files of those that are not in it any more stay until the checkpoint is replaced.
  mutating func replace(with new: [LedgerSegment]) {
    let names = Set(new.map(\.name))
    replaced += segments.filter { !names.contains($0.name) }
    segments = new
    current = nil
  }
}
