// The redo journal's directory: one file an entry, there whole or not at all.

internal import Glibc
internal import IntakeCore

/// `journal/<sequence>.j`: written, synced, renamed, directory synced before any sink sees the entry.
struct Journal: Sendable {
  private let files: FileCalls
  private let directory: Descriptor
  /// Bytes of each entry on disk, by sequence number.
  private(set) var sizes: [UInt64: Int] = [:]

  init(_ directory: Descriptor, files: FileCalls) throws(FileFault) {
    self.files = files
    self.directory = directory
    for name in try files.names(in: directory) {
      if name.hasSuffix(".tmp") {
        try files.remove(name, in: directory)
      } else if let sequence = Self.sequence(of: name), let status = try files.status(name, in: directory) {
        sizes[sequence] = Int(clamping: status.size)
      }
    }
  }

  /// The step journal.
  mutating func write(_ entry: JournalEntry) throws(FileFault) {
    let name = Self.name(entry.sequence)
    let file = try files.open(name + ".tmp", in: directory, O_WRONLY | O_CREAT | O_EXCL)
    let head = JournalCoding.head(entry)
    let size = head.count + entry.bytes.count
    try files.write(head, to: file, at: 0)
    try files.write(entry.bytes, to: file, at: Int64(head.count))
    let hash = JournalCoding.hash(head, entry.bytes)
    try files.write(hash, to: file, at: Int64(size))
    try files.sync(file)
    try files.close(file)
    try files.rename(name + ".tmp", to: name, in: directory)
    try files.sync(directory)
    sizes[entry.sequence] = size + hash.count
  }

  /// nil if the entry is missing or not as it was written.
  func read(_ sequence: UInt64) throws(FileFault) -> JournalEntry? {
    guard let size = sizes[sequence] else { return nil }
    return try Self.read(sequence, size: size, in: directory, files: files)
  }

  private static func read(
    _ sequence: UInt64, size: Int, in directory: Descriptor, files: FileCalls
  ) throws(FileFault) -> JournalEntry? {
    let file = try files.open(name(sequence), in: directory, O_RDONLY)
    return JournalCoding.decode(try files.read(file, at: 0, count: size), sequence: sequence)
  }

  /// Reads entries beside the journal's own work.
  /// - Parameter path: of the state, for errors.
  func reader(_ path: String) -> Reader { Reader(files: files, directory: directory, path: path) }

  struct Reader: JournalReading {
    fileprivate let files: FileCalls
    fileprivate let directory: Descriptor
    fileprivate let path: String

    func entry(_ sequence: UInt64) throws(Failure) -> JournalEntry {
      do throws(FileFault) {
        if let status = try files.status(Journal.name(sequence), in: directory),
          let entry = try Journal.read(sequence, size: Int(clamping: status.size), in: directory, files: files)
        {
          return entry
        }
      } catch {
        throw error.failure("state", "Reading the journal in \(path)")
      }
      throw Journal.corrupt(sequence, path)
    }
  }

  static func corrupt(_ sequence: UInt64, _ path: String) -> Failure {
    Failure(
      .journalCorrupt, exit: .badData, "Reading the journal in \(path): entry \(sequence) is missing or damaged.",
      hint: "Restart: the entry is set aside and its time span read again.", recovery: .later(after: nil))
  }

  /// The step remove: unlinks every entry up to `sequence`. Not synced: an entry that comes back is removed again.
  mutating func remove(through sequence: UInt64) throws(FileFault) {
    for old in sizes.keys.filter({ $0 <= sequence }).sorted() {
      try files.remove(Self.name(old), in: directory)
      sizes[old] = nil
    }
  }

  /// Renames a damaged entry to `<sequence>.j.bad`: set aside, never deleted.
  mutating func setAside(_ sequence: UInt64) throws(FileFault) {
    guard sizes.removeValue(forKey: sequence) != nil else { return }
    let name = Self.name(sequence)
    try files.rename(name, to: name + ".bad", in: directory)
    try files.sync(directory)
  }

  static func name(_ sequence: UInt64) -> String {
    let digits = String(sequence)
    return String(repeating: "0", count: 20 - digits.count) + digits + ".j"
  }

  private static func sequence(of name: String) -> UInt64? {
    guard name.hasSuffix(".j"), let sequence = UInt64(name.dropLast(2)), Self.name(sequence) == name else { return nil }
    return sequence
  }
}
