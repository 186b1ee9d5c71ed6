// Repeats among any number of identities, exactly and in bounded memory: they are spread over 256 parts by a keyed hash,
// full pieces of a part go to a temporary file, and in the end each part is looked at by itself.

internal import Glibc
internal import IntakeCore

/// Counts identities that came before. Memory: 32 MiB, and 48 bytes for each identity of one part in the end (19 MiB for
/// 100 million). Disk: 16 bytes for each identity, once there are about a million.
struct RepeatedIdentities: ~Copyable {
  private static let parts = 256
  private let pieceSize: Int

  private struct Part {
    var identities: [UInt128] = []
    /// Where its pieces stand in the file.
    var pieces: [Int] = []
  }

  private var all = [Part](repeating: Part(), count: RepeatedIdentities.parts)
  private var file: TemporaryFile?
  /// Random, so that nobody can choose identities that fall into one part.
  private let seed = UInt64.random(in: 0...UInt64.max) | 1

  /// - Parameter pieceSize: identities of one piece.
  init(pieceSize: Int = 4_096) { self.pieceSize = max(1, pieceSize) }

  /// - Throws: 73 or 74, for the temporary file.
  mutating func add(_ identity: Identity) throws(Failure) {
    let value = UInt128(identity.high) << 64 | UInt128(identity.low)
    let part = Int(truncatingIfNeeded: hash(value) >> 56)
    all[part].identities.append(value)
    if all[part].identities.count >= pieceSize { try spill(part) }
  }

  @inline(__always)
  private func hash(_ value: UInt128) -> UInt64 {
    let (high, low) = (UInt64(truncatingIfNeeded: value >> 64), UInt64(truncatingIfNeeded: value))
    let first = (high ^ seed).multipliedFullWidth(by: 0x9E37_79B9_7F4A_7C15)
    let second = (low ^ first.high ^ first.low).multipliedFullWidth(by: seed)
    return second.high ^ second.low
  }

  private mutating func spill(_ part: Int) throws(Failure) {
    if file == nil { file = try TemporaryFile() }
    guard let place = try file?.append(all[part].identities) else { return }
    all[part].pieces.append(place)
    all[part].identities.removeAll(keepingCapacity: true)
  }

  /// How many came before. Nothing is kept afterwards.
  mutating func finish() throws(Failure) -> Int {
    var repeated = 0
    for part in all.indices {
      var identities = all[part].identities
      for place in all[part].pieces { try file?.read(place, count: pieceSize, into: &identities) }
      all[part] = Part()
      repeated += repeats(identities)
    }
    file = nil
    return repeated
  }

  private func repeats(_ identities: [UInt128]) -> Int {
    guard identities.count > 1 else { return 0 }
    let mask = (1 << (Int.bitWidth - identities.count.leadingZeroBitCount + 1)) - 1
    var slots = [UInt128](repeating: 0, count: mask + 1)
    var (repeated, zeros) = (0, 0)
    for identity in identities {
      // An empty slot is zero.
      guard identity != 0 else {
        zeros += 1
        continue
      }
      var slot = Int(truncatingIfNeeded: hash(identity)) & mask
      while slots[slot] != 0, slots[slot] != identity { slot = (slot + 1) & mask }
      if slots[slot] == identity { repeated += 1 } else { slots[slot] = identity }
    }
    return repeated + max(0, zeros - 1)
  }
}

/// A file without a name, which is gone with the process. It holds hashes, no mail.
private final class TemporaryFile {
  private let descriptor: Int32
  private let folder: String
  private var size = 0

  /// In `TMPDIR`, else /var/tmp.
  init() throws(Failure) {
    let named = ProcessDefaults.environment["TMPDIR"] ?? ""
    folder = named.isEmpty ? "/var/tmp" : named
    let path = "\(folder)/message-trace-\(RandomUUID.make())"
    descriptor = unsafe open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0o600)
    guard descriptor >= 0 else { throw Self.failure(folder, "Creating", .cannotCreate) }
    _ = unsafe unlink(path)
  }

  deinit { close(descriptor) }

  /// - Returns: where they begin.
  func append(_ identities: [UInt128]) throws(Failure) -> Int {
    let start = size
    let isWhole = unsafe identities.withUnsafeBytes { bytes in
      while size - start < bytes.count {
        let done = size - start
        let count = unsafe pwrite(descriptor, bytes.baseAddress.map { unsafe $0 + done }, bytes.count - done, size)
        guard count > 0 || count < 0 && errno == EINTR else { return false }
        size += max(0, count)
      }
      return true
    }
    guard isWhole else { throw Self.failure(folder, "Writing", .ioError) }
    return start
  }

  func read(_ start: Int, count: Int, into identities: inout [UInt128]) throws(Failure) {
    var done = 0
    let piece = unsafe [UInt128](unsafeUninitializedCapacity: count) { buffer, filled in
      let bytes = UnsafeMutableRawBufferPointer(buffer)
      while done < bytes.count {
        let count = unsafe pread(
          descriptor, bytes.baseAddress.map { unsafe $0 + done }, bytes.count - done, start + done)
        guard count > 0 || count < 0 && errno == EINTR else { break }
        done += max(0, count)
      }
      filled = done / MemoryLayout<UInt128>.stride
    }
    guard piece.count == count else { throw Self.failure(folder, "Reading", .ioError) }
    identities += piece
  }

  private static func failure(_ folder: String, _ what: String, _ exit: ExitCode) -> Failure {
    Failure(
      "verify.space", exit: exit,
      "\(what) the temporary file for event ids in \(Log.clean(folder, limit: 200)): \(FileBytes.describe(errno)).",
      hint: "Set TMPDIR to a directory with 16 bytes of space for each line.")
  }
}
