// A file that is written by position and never by appending: the same batch over the same bytes, however often.
//
// A batch may be delivered again after a crash, so the sink first looks for the start of an earlier attempt. Bytes of
// others are never overwritten, the file never shrinks, and what a tailing reader has seen never changes.

internal import IntakeCore

/// An open regular file and the lock on it.
struct OutputFile: Sendable {
  let files: FileCalls
  let descriptor: Descriptor
  let log: Log
  /// Of the sink: for the log.
  let sink: String

  /// Bytes at the end of the file in which an earlier attempt is looked for when the position does not say.
  private static let searched: Int64 = 64 << 20
  private static let chunk = 1 << 20

  /// Bytes before a position whose hash identifies its file.
  private static let tail: Int64 = 1_024

  /// The end of the file: where a sink without a position starts.
  func end() throws(FileFault) -> FilePosition { try position(at: try size()) }

  /// True if this is the file that the position was taken in, whatever has become of its content.
  func isSame(as position: FilePosition) throws(FileFault) -> Bool {
    try files.status(descriptor).isSame(as: position)
  }

  /// Writes a batch that belongs at `position` in this file, and syncs it.
  func write(_ bytes: [UInt8], from position: FilePosition) throws(FileFault) -> FilePosition {
    let start = position.offset
    let size = try size()
    guard try isKnown(position, size: size) else {
      note("sink.file.truncated", "The output file was truncated or replaced: continuing at its end.")
      return try append(bytes[...], searchingFrom: 0)
    }
    let payload = try freshLine(bytes[...], at: start)
    if try agrees(payload, at: start, size: size) { return try put(payload, at: start) }
    note("sink.file.foreign", "Another process wrote to the output file; continuing after its data.")
    return try append(bytes[try linesPresent(of: bytes, at: start)...], searchingFrom: start)
  }

  /// Writes lines whose place is not known: where an earlier attempt of them began, else on a fresh line at the end.
  func append(_ lines: ArraySlice<UInt8>, searchingFrom lower: Int64) throws(FileFault) -> FilePosition {
    let size = try size()
    guard !lines.isEmpty else { return try position(at: size) }
    if let found = try attempt(at: lines, from: max(lower, size - Int64(lines.count) - Self.searched), size: size) {
      return try put(lines, at: found)
    }
    return try put(try freshLine(lines, at: size), at: size)
  }

  /// Bytes of `batch`, cut at a line's end, that are in this file from `start` on.
  func linesPresent(of batch: [UInt8], at start: Int64) throws(FileFault) -> Int {
    guard try size() >= start else { return 0 }
    let lead = try freshLine([], at: start).count
    let present = try files.read(descriptor, at: start + Int64(lead), count: batch.count)
    var same = 0
    while same < present.count, present[same] == batch[same] { same += 1 }
    return (batch[..<same].lastIndex(of: 0x0A) ?? -1) + 1
  }

  func sync() throws(FileFault) { try files.syncData(descriptor) }

  /// Rewrites all of it even where it looks complete: a failed sync may have left clean pages over lost bytes.
  private func put(_ payload: ArraySlice<UInt8>, at offset: Int64) throws(FileFault) -> FilePosition {
    for start in stride(from: 0, to: payload.count, by: Self.chunk) {
      try files.write(payload.dropFirst(start).prefix(Self.chunk), to: descriptor, at: offset + Int64(start))
    }
    try files.syncData(descriptor)
    let ours = offset + Int64(payload.count)
    let size = try size()
    if size > ours, try !isBlank(from: ours, size: size) {
      note("sink.file.foreign", "Another process wrote to the output file; continuing after its data.")
      return try position(at: size)
    }
    return try position(at: ours)
  }

  /// False once the bytes before the position are not those that stood there.
  private func isKnown(_ position: FilePosition, size: Int64) throws(FileFault) -> Bool {
    guard size >= position.offset else { return false }
    guard position.tail != 0 else { return true }
    return try self.position(at: position.offset).tail == position.tail
  }

  private func size() throws(FileFault) -> Int64 { try files.status(descriptor).size }

  private func position(at offset: Int64) throws(FileFault) -> FilePosition {
    let status = try files.status(descriptor)
    let from = max(0, offset - Self.tail)
    var hash = SHA256()
    hash.update(try files.read(descriptor, at: from, count: Int(offset - from)))
    return FilePosition(device: status.device, inode: status.inode, offset: offset, tail: hash.finish().0)
  }

  /// The payload with a line feed before it, unless `offset` is where a line begins.
  private func freshLine(_ payload: ArraySlice<UInt8>, at offset: Int64) throws(FileFault) -> ArraySlice<UInt8> {
    guard offset > 0, try files.read(descriptor, at: offset - 1, count: 1) != [0x0A] else { return payload }
    return [0x0A] + payload
  }

  /// True if the file holds from `offset` on nothing but the payload's bytes, or holes that a power cut left in them.
  private func agrees(_ payload: ArraySlice<UInt8>, at offset: Int64, size: Int64) throws(FileFault) -> Bool {
    var done = 0
    while done < payload.count, offset + Int64(done) < size {
      let there = try files.read(descriptor, at: offset + Int64(done), count: min(Self.chunk, payload.count - done))
      guard !there.isEmpty else { return true }
      for (index, byte) in there.enumerated() where byte != 0 && byte != payload[payload.startIndex + done + index] {
        return false
      }
      done += there.count
    }
    return true
  }

  private func isBlank(from offset: Int64, size: Int64) throws(FileFault) -> Bool {
    var at = offset
    while at < size {
      let bytes = try files.read(descriptor, at: at, count: Self.chunk)
      guard !bytes.isEmpty else { return true }
      guard bytes.allSatisfy({ $0 == 0 }) else { return false }
      at += Int64(bytes.count)
    }
    return true
  }

  /// The first line's beginning from `lower` on at which the file agrees with the lines; nil if there is none.
  private func attempt(at lines: ArraySlice<UInt8>, from lower: Int64, size: Int64) throws(FileFault) -> Int64? {
    guard let first = lines.first else { return nil }
    var at = max(0, lower)
    var before = at == 0 ? UInt8(0x0A) : try files.read(descriptor, at: at - 1, count: 1).first ?? 0x0A
    while at < size {
      let bytes = try files.read(descriptor, at: at, count: Self.chunk)
      guard !bytes.isEmpty else { return nil }
      for (index, byte) in bytes.enumerated() {
        if before == 0x0A, byte == first || byte == 0,
          try agrees(lines, at: at + Int64(index), size: size)
        {
          return at + Int64(index)
        }
        before = byte
      }
      at += Int64(bytes.count)
    }
    return nil
  }

  private func note(_ code: String, _ sentence: String) { log(.warning, code, sentence, [("sink", sink)]) }
}
