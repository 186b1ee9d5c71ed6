// A state that is written into a directory.

internal import Glibc
internal import IntakeCore

/// The directory is locked, and marked as unfinished until it is released.
final class DirectoryImport: CopyTarget {
  private let path: String
  private let tenant: String
  /// The mark that the directory had.
  private let before: String?
  private let folder: LockedStateFolder
  private var journal: Journal
  private var files: LedgerFiles
  private var sorted = SortedSegment(precision: 1)
  private var count = 0
  private var waiting: [LedgerRun] = []

  /// Identities of one segment.
  private static let most = 1_000_000

  init(_ path: String, tenant: String) throws(Failure) {
    self.path = path
    self.tenant = tenant
    before = (try? MovedMarker(path: path).read()) ?? nil
    folder = try Self.emptyFolder(path)
    do {
      journal = try Journal(folder.journal, files: folder.files, after: 0)
    } catch {
      folder.close()
      throw error.failure("state", "Writing the state in \(path)")
    }
    files = LedgerFiles(folder.seen, segments: [], files: folder.files)
  }

  /// Locked, marked as unfinished, and without content: what was there is set aside.
  private static func emptyFolder(_ path: String) throws(Failure) -> LockedStateFolder {
    let folder = try LockedStateFolder.open(path, files: .system)
    do throws(Failure) {
      try refuseUsed(folder, path)
      try MovedMarker(path: path).write("")
      guard !isEmpty(folder) else { return folder }
      do { _ = try StateDirectory.setAside(folder, as: "moved") } catch {
        throw error.failure("state", "Setting the state in \(path) aside")
      }
    } catch {
      folder.close()
      throw error
    }
    // With new folders in it.
    folder.close()
    return try LockedStateFolder.open(path, files: .system)
  }

  func add(_ entry: JournalEntry) throws(Failure) {
    do { try journal.write(entry) } catch { throw error.failure("state", "Writing the journal in \(path)") }
  }

  func add(_ run: LedgerRun) throws(Failure) {
    guard run.sequence == 0 else { return waiting.append(run) }
    for record in run.records { sorted.add(record, isOutside: run.isOutside) }
    count += run.records.count
    if count >= Self.most { try flush() }
  }

  func add(_ name: String, _ document: [UInt8]) throws(Failure) {
    try DirectoryDocuments(path).replace(name, with: document, isDurable: true)
  }

  func add(_ letters: [RejectedLine]) throws(Failure) {
    let file = RejectedFile(path)
    for letter in letters { try file.keep([letter.letter], at: letter.at) }
  }

  func write(_ checkpoint: Checkpoint) throws(Failure) {
    try flush()
    let acknowledged = checkpoint.sinks.values.reduce(checkpoint.sequence) { min($0, $1.sequence) }
    try attempt {
      for run in waiting {
        try files.append(
          inside: run.isOutside ? [] : run.records, outside: run.isOutside ? run.records : [],
          sequence: run.sequence, acknowledged: acknowledged)
      }
      let stored = StoredCheckpoint(tenant: tenant, checkpoint: checkpoint, segments: files.segments)
      try CheckpointFile.replace(stored.bytes, in: folder.root, files: folder.files)
    }
  }

  func release() throws(Failure) {
    try MovedMarker(path: path).remove()
    folder.close()
  }

  private func isReleased() throws(Failure) -> Bool { try MovedMarker(path: path).read() == nil }

  /// What was written stays in a folder of its own.
  func abandon() {
    if (try? isReleased()) == false, (try? StateDirectory.setAside(folder, as: "unfinished")) != nil {
      if let before { try? MovedMarker(path: path).write(before) } else { try? MovedMarker(path: path).remove() }
    }
    folder.close()
  }

  private func flush() throws(Failure) {
    guard !sorted.isEmpty else { return }
    try attempt { files.replace(with: files.segments + [try files.write(sorted, number: files.nextNumber)]) }
    (sorted, count) = (SortedSegment(precision: 1), 0)
  }

  private func attempt(_ body: () throws -> Void) throws(Failure) {
    do {
      try body()
    } catch let fault as FileFault {
      throw fault.failure("state", "Writing the state in \(path)")
    } catch LedgerFault.disk(let fault) {
      throw fault.failure("state", "Writing the ledger in \(path)")
    } catch {
      throw Recovery.corrupt(path, "seen")
    }
  }

  private static func isEmpty(_ folder: LockedStateFolder) -> Bool {
    let hasCheckpoint = unsafe faccessat(folder.root.raw, CheckpointFile.name, F_OK, 0) == 0 || errno != ENOENT
    let names = [folder.journal, folder.seen].compactMap { try? folder.files.names(in: $0) }
    return !hasCheckpoint && names.count == 2 && names.allSatisfy(\.isEmpty)
  }

  /// A directory may be used that has no state, one without content, or one that was moved away.
  private static func refuseUsed(_ folder: LockedStateFolder, _ path: String) throws(Failure) {
    guard try MovedMarker(path: path).read() == nil else { return }
    let summary = try StateDirectory.summary(path)
    guard isEmpty(folder) || summary?.checkpoint.sequence == 0 else { throw Failure.stateExists(path) }
  }
}

extension Failure.Code {
  static let stateExists = Self(rawValue: "state.exists")
}

extension Failure {
  static func stateExists(_ place: String) -> Failure {
    Failure(
      .stateExists, exit: .cannotCreate, "Copying the state to \(place): there is a state already.",
      hint: "Choose another place; two states of a tenant cannot be merged.")
  }
}
