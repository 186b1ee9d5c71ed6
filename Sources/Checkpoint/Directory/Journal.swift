// The redo journal's directory: files that are written over again, each with one entry that is there whole or not at all.

internal import Glibc
internal import IntakeCore

/// `journal/<n>.slot`: an entry, recognised by its sequence number and its hash; what stands behind it, and an entry that
/// every sink has acknowledged, means nothing. Written and synced before any sink sees the entry.
///
/// Writing over the same pages costs about half of what a new file for each entry does. As many slots as entries that
/// some sink lacks, and at most two more. `journal/<sequence>.j` are entries of the version before; they are read.
struct Journal: Sendable {
  private let files: FileCalls
  private let directory: Descriptor
  private let places = JournalPlaces()
  /// Slots whose entry is not as it was written, and what it says of its number.
  private var damaged: [(name: String, sequence: UInt64?)] = []
  private var nextSlot = 1
  /// The slot that was written last.
  private var current: Descriptor?

  private static let mostFree = 2

  /// - Parameter taken: up to this entry no sink lacks anything.
  init(_ directory: Descriptor, files: FileCalls, after taken: UInt64) throws(FileFault) {
    self.files = files
    self.directory = directory
    for name in try files.names(in: directory).sorted() {
      if name.hasSuffix(".tmp") {
        try files.remove(name, in: directory)
      } else if let sequence = Self.sequence(of: name), let status = try files.status(name, in: directory) {
        places.set(sequence, JournalPlace(name: name, length: Int(clamping: status.size)))
      } else if let number = Self.slot(of: name) {
        nextSlot = max(nextSlot, number + 1)
        try examine(name, after: taken)
      }
    }
  }

  /// Bytes of each entry on disk, by sequence number.
  var sizes: [UInt64: Int] { places.all.mapValues(\.length) }

  /// True if nothing was ever written here.
  var isUntouched: Bool { places.all.isEmpty && damaged.isEmpty }

  private mutating func examine(_ name: String, after taken: UInt64) throws(FileFault) {
    guard let status = try files.status(name, in: directory), status.size > 0 else { return places.free([name]) }
    let claim = try JournalPlace.claim(of: name, in: directory, files: files)
    if let claim, claim.sequence <= taken { return places.free([name]) }
    if let claim, claim.place.length <= status.size,
      try claim.place.read(claim.sequence, in: directory, files: files) != nil
    {
      places.set(claim.sequence, claim.place)
    } else {
      damaged.append((name, claim?.sequence))
    }
  }

  /// The step journal.
  mutating func write(_ entry: JournalEntry) throws(FileFault) {
    let name = places.takeFree() ?? "\(nextSlot).slot"
    let isNew = name == "\(nextSlot).slot"
    if isNew { nextSlot += 1 }
    let file: Descriptor
    if let current, current.name == name {
      file = current
    } else {
      file = try files.open(name, in: directory, O_RDWR | (isNew ? O_CREAT | O_EXCL : 0))
    }
    let head = JournalCoding.head(entry)
    let size = head.count + entry.bytes.count
    try files.write(head, to: file, at: 0)
    try files.write(entry.bytes, to: file, at: Int64(head.count))
    let hash = JournalCoding.hash(head, entry.bytes)
    try files.write(hash, to: file, at: Int64(size))
    // The first one may be of a process that died before it had synced the directory.
    if isNew || current == nil {
      try files.sync(file)
      try files.sync(directory)
    } else {
      try files.syncData(file)
    }
    current = file
    places.set(entry.sequence, JournalPlace(name: name, length: size + hash.count))
  }

  /// Writes an entry once more and syncs it: what a kill or a failed sync has left of it may be in memory alone.
  func secure(_ sequence: UInt64) throws(FileFault) {
    guard let place = places.all[sequence] else { return }
    let file = try files.open(place.name, in: directory, O_RDWR)
    try files.write(try files.read(file, at: 0, count: place.length), to: file, at: 0)
    try files.sync(file)
    try files.sync(directory)
  }

  /// nil if the entry is missing or not as it was written.
  func read(_ sequence: UInt64) throws(FileFault) -> JournalEntry? {
    try places.all[sequence]?.read(sequence, in: directory, files: files)
  }

  /// Reads entries beside the journal's own work.
  /// - Parameter path: of the state, for errors.
  func reader(_ path: String) -> Reader { Reader(files: files, directory: directory, places: places, path: path) }

  struct Reader: JournalReading {
    fileprivate let files: FileCalls
    fileprivate let directory: Descriptor
    fileprivate let places: JournalPlaces
    fileprivate let path: String

    func entry(_ sequence: UInt64) throws(Failure) -> JournalEntry {
      do throws(FileFault) {
        if let entry = try places.all[sequence]?.read(sequence, in: directory, files: files) { return entry }
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

  /// The step remove: every entry up to `sequence` is needed no more, and its slot may be written over. Nothing is
  /// synced: an entry that comes back is known by its number.
  mutating func remove(through sequence: UInt64) throws(FileFault) {
    for old in places.all.keys.filter({ $0 <= sequence }).sorted() {
      guard let place = places.remove(old) else { continue }
      if Self.slot(of: place.name) != nil, places.freeCount < Self.mostFree {
        places.free([place.name])
      } else {
        if place.name == current?.name { current = nil }
        try files.remove(place.name, in: directory)
      }
    }
  }

  /// Renames a damaged entry to `<sequence>.j.bad`: set aside, never deleted.
  mutating func setAside(_ sequence: UInt64) throws(FileFault) {
    var found = places.remove(sequence)?.name
    if found == nil,
      let index = damaged.firstIndex(where: { $0.sequence == sequence })
        ?? damaged.firstIndex(where: { $0.sequence == nil }) ?? damaged.indices.last
    {
      found = damaged.remove(at: index).name
    }
    guard let found else { return }
    try files.rename(found, to: Self.name(sequence) + ".bad", in: directory)
    try files.sync(directory)
  }

  /// What is left of damaged slots was never an entry that a sink has seen: they may be written over.
  mutating func releaseDamaged() {
    places.free(damaged.map(\.name))
    damaged = []
  }

  /// Leaves one slot at most, and no large one. Best effort: the next opening does the same.
  func tidy() {
    while let name = places.takeFree() {
      let size = (try? files.status(name, in: directory))?.size ?? 0
      if places.freeCount == 0, size <= Self.largestKept { return places.free([name]) }
      try? files.remove(name, in: directory)
    }
  }

  private static let largestKept: Int64 = 256 << 10

  static func name(_ sequence: UInt64) -> String {
    let digits = String(sequence)
    return String(repeating: "0", count: 20 - digits.count) + digits + ".j"
  }

  static func sequence(of name: String) -> UInt64? {
    guard name.hasSuffix(".j"), let sequence = UInt64(name.dropLast(2)), Self.name(sequence) == name else { return nil }
    return sequence
  }

  static func slot(of name: String) -> Int? { name.hasSuffix(".slot") ? Int(name.dropLast(5)) : nil }
}
