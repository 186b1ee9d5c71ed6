// Starting over after damage: what is damaged is set aside, nothing is deleted.

internal import Glibc
package import IntakeCore

extension StateDirectory {
  /// Moves what is damaged into `damaged-<n>` inside the directory: the ledger, and where checkpoint or journal are not
  /// whole, these too. What waits for a sink stays if it can be read. Events that were delivered before come once more
  /// with the same `event.id`, as far as the caller sets the cursors back.
  ///
  /// - Throws: `state.locked` (75), `state.foreign` (78) where the checkpoint can be read and says so, or what the disk
  ///   says.
  package static func rebuild(_ path: String, tenant: String, log: Log) throws(Failure) {
    try rebuild(path, tenant: tenant, log: log, files: .system)
  }

  /// With faults, for tests.
  package static func rebuild(_ path: String, tenant: String, log: Log, files: FileCalls) throws(Failure) {
    let folder = try LockedStateFolder.open(path, files: files)
    defer { folder.close() }
    do throws(FileFault) {
      let stored = try readable(folder)
      guard stored.map({ $0.tenant == tenant }) ?? true else { throw foreign }
      let name: String
      if let stored, isJournalWhole(folder, stored.checkpoint) {
        name = try setAside(["seen"], in: folder, as: "damaged")
        let kept = StoredCheckpoint(tenant: tenant, checkpoint: stored.checkpoint)
        try CheckpointFile.replace(kept.bytes, in: folder.root, files: files)
      } else {
        name = try setAside(folder, as: "damaged")
      }
      log(.warning, "state.rebuild", "What was damaged is set aside.", [("to", "\(path)/\(name)")])
    } catch {
      guard error != foreign else { throw Recovery.foreign(path) }
      throw error.failure("state", "Setting the state in \(path) aside")
    }
  }

  private static let foreign = FileFault(.read, "tenant", EINVAL)

  private static func readable(_ folder: LockedStateFolder) throws(FileFault) -> StoredCheckpoint? {
    guard let bytes = try CheckpointFile.read(folder.root, files: folder.files) else { return nil }
    return try? StoredCheckpoint(bytes)
  }

  /// True if every entry that some sink still lacks can be read, and none is there that the checkpoint does not know.
  private static func isJournalWhole(_ folder: LockedStateFolder, _ checkpoint: Checkpoint) -> Bool {
    let taken = Recovery.acknowledged(checkpoint)
    guard let journal = try? Journal(folder.journal, files: folder.files, after: taken),
      journal.sizes.keys.allSatisfy({ $0 <= checkpoint.sequence + 1 })
    else { return false }
    var sequence = taken
    while sequence < checkpoint.sequence {
      sequence += 1
      guard (try? journal.read(sequence)) != nil else { return false }
    }
    return true
  }

  /// The checkpoint goes last: until then a kill leaves a state that still says it is damaged.
  static func setAside(_ folder: LockedStateFolder, as word: String) throws(FileFault) -> String {
    try setAside(["journal", "seen", CheckpointFile.name], in: folder, as: word)
  }

  private static func setAside(
    _ parts: [String], in folder: LockedStateFolder, as word: String
  ) throws(FileFault) -> String {
    let files = folder.files
    var number = 1
    while try !files.makeDirectory("\(word)-\(number)", in: folder.root) { number += 1 }
    let name = "\(word)-\(number)"
    let target = try files.open(name, in: folder.root, O_RDONLY | O_DIRECTORY)
    for part in parts where try files.status(part, in: folder.root) != nil {
      try files.rename(part, to: part, in: folder.root, newDirectory: target)
    }
    try files.sync(target)
    try files.sync(folder.root)
    return name
  }
}

/// What can be read of a state without its lock.
package struct StateSummary: Sendable, Equatable {
  /// The tenant.
  package var tenant: String
  package var checkpoint: Checkpoint
  /// Identities in the ledger; one that was delivered twice counts twice.
  package var identities: Int
  package var journalEntries: Int
  package var journalBytes: Int
  /// Who holds a state in a database; nil for a directory.
  package var lease: LeaseTable.Lease?
}

extension StateDirectory {
  /// Reads a state that another process may be working with; nil where there is none yet. Changes nothing.
  package static func summary(_ path: String) throws(Failure) -> StateSummary? {
    let files = FileCalls.system
    guard let root = try LockedStateFolder.openForReading(path, files: files) else { return nil }
    do {
      guard let status = try files.status(CheckpointFile.name, in: root) else { return nil }
      let file = try files.open(CheckpointFile.name, in: root, O_RDONLY)
      let stored = try StoredCheckpoint(try files.read(file, at: 0, count: Int(clamping: min(status.size, 64 << 20))))
      let sizes = try journalSizes(root, files, stored.checkpoint)
      let identities = stored.segments.reduce(0) { $0 + $1.count }
      return StateSummary(
        tenant: stored.tenant, checkpoint: stored.checkpoint, identities: identities, journalEntries: sizes.count,
        journalBytes: sizes.reduce(0, +))
    } catch let fault as FileFault {
      throw fault.failure("state", "Reading the state in \(path)")
    } catch {
      throw Recovery.corrupt(path, CheckpointFile.name)
    }
  }

  private static func journalSizes(
    _ root: Descriptor, _ files: FileCalls, _ checkpoint: Checkpoint
  ) throws(FileFault) -> [Int] {
    let journal = try files.open("journal", in: root, O_RDONLY | O_DIRECTORY)
    let taken = checkpoint.sinks.values.reduce(checkpoint.sequence) { min($0, $1.sequence) }
    var sizes: [Int] = []
    for name in try files.names(in: journal) {
      if Journal.sequence(of: name) != nil, let status = try files.status(name, in: journal) {
        sizes.append(Int(clamping: status.size))
      } else if Journal.slot(of: name) != nil, try files.status(name, in: journal) != nil,
        let claim = try JournalPlace.claim(of: name, in: journal, files: files), claim.sequence > taken
      {
        sizes.append(claim.place.length)
      }
    }
    return sizes
  }
}
