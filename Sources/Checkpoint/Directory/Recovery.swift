// Opening the state after a clean end, a kill at any call, a power cut or disk damage. Recovery is itself crash-safe.

internal import IntakeCore

/// Reads what is on disk, finishes or undoes what was begun, and repairs from the service what the disk has lost.
struct Recovery {
  struct Result {
    var checkpoint: Checkpoint
    var ledger: RecallingLedger
    var journal: Journal
    var pending: [UInt64]
    var horizon: Age
  }

  private let folder: LockedStateFolder
  private let path: String
  private let tenant: String
  private let log: Log
  /// Identities of rows outside of their windows are known since then; nil for those after the horizon.
  private let recalled: Age?

  init(_ folder: LockedStateFolder, path: String, tenant: String, log: Log, recalling recalled: Age? = nil) {
    self.recalled = recalled
    self.folder = folder
    self.path = path
    self.tenant = tenant
    self.log = log
  }

  func run() throws(Failure) -> Result {
    do {
      return try recover()
    } catch let fault as FileFault {
      throw fault.failure("state", "Opening the state in \(path)")
    } catch let failure as Failure {
      throw failure
    } catch {
      throw Self.corrupt(path, CheckpointFile.name)
    }
  }

  private func recover() throws -> Result {
    let stored = try readCheckpoint()
    let taken = stored.map { Self.acknowledged($0.checkpoint) } ?? 0
    var journal = try Journal(folder.journal, files: folder.files, after: taken)
    guard let stored else { return try begin(journal) }
    let (pending, damaged) = try examine(&journal, stored.checkpoint)
    if let last = pending.last, last > stored.checkpoint.sequence { try journal.secure(last) }
    var files = LedgerFiles(folder.seen, segments: stored.segments, files: folder.files)
    var checkpoint = stored.checkpoint
    var horizon = stored.horizon
    if let oldest = try repair(&files, checkpoint, damaged) {
      try coverLast(of: pending, journal, &checkpoint, &files)
      for (name, instant) in checkpoint.cursors { checkpoint.cursors[name] = min(instant, oldest) }
      horizon = Age(unit: 1)
      report(damaged, since: oldest)
    }
    if files.segments != stored.segments {
      try replace(checkpoint, files, horizon)
      try files.removeReplaced()
    }
    for sequence in damaged { try journal.setAside(sequence) }
    journal.releaseDamaged()
    let ledger = RecallingLedger(files, since: min(horizon, recalled ?? horizon))
    return Result(checkpoint: checkpoint, ledger: ledger, journal: journal, pending: pending, horizon: horizon)
  }

  /// Converts the ledger's first format, and drops identities of damaged entries.
  /// - Returns: where the reading has to begin again.
  private func repair(
    _ files: inout LedgerFiles, _ checkpoint: Checkpoint, _ damaged: Set<UInt64>
  ) throws -> Instant? {
    let acknowledged = Self.acknowledged(checkpoint)
    let latest = (checkpoint.cursors.values.max() ?? Instant(ticks: 0)).wholeSeconds
    return try lifted { () throws(LedgerFault) in
      try files.open()
      if try files.convert(acknowledged: acknowledged) {
        log(.info, "state.converted", "The ledger was converted to the format of this version.", [("state", path)])
      }
      return try files.drop(damaged, latest: latest).map { Age(Instant(seconds: $0)).start }
    }
  }

  /// nil where nothing was ever committed here.
  private func readCheckpoint() throws -> StoredCheckpoint? {
    guard let bytes = try CheckpointFile.read(folder.root, files: folder.files) else { return nil }
    var stored: StoredCheckpoint
    do throws(StoredCheckpoint.Unreadable) {
      stored = try StoredCheckpoint(bytes)
    } catch {
      throw error == .newer ? newer : Self.corrupt(path, CheckpointFile.name)
    }
    guard stored.tenant != tenant else { return stored }
    // A state in which nothing was collected is not bound to its tenant yet: a mistyped one can be corrected. Its first start
    // is not this tenant's.
    guard stored.checkpoint.isBlank else { throw Self.foreign(path) }
    stored.checkpoint.cursors = [:]
    return stored
  }

  /// A first run. Entries or identities without a checkpoint mean that the checkpoint was lost, not that it is new.
  private func begin(_ journal: Journal) throws -> Result {
    guard journal.isUntouched, try folder.files.names(in: folder.seen).isEmpty else {
      throw Self.corrupt(path, CheckpointFile.name)
    }
    let files = LedgerFiles(folder.seen, segments: [], files: folder.files)
    try replace(Checkpoint(), files, Age(unit: 1))
    log(.info, "state.fresh", "New state directory.", [("state", path)])
    return Result(
      checkpoint: Checkpoint(), ledger: RecallingLedger(files), journal: journal, pending: [], horizon: Age(unit: 1))
  }

  /// Which entries are still to be delivered, and which of those are missing or damaged.
  private func examine(_ journal: inout Journal, _ checkpoint: Checkpoint) throws -> ([UInt64], Set<UInt64>) {
    let last = checkpoint.sequence
    let taken = Self.acknowledged(checkpoint)
    try journal.remove(through: taken)
    if let highest = journal.sizes.keys.max(), highest > last + 1 { throw gap(highest, after: last) }
    var pending: [UInt64] = []
    var damaged: Set<UInt64> = []
    for sequence in (taken + 1)..<(last + 2) {
      if try journal.read(sequence) != nil {
        pending.append(sequence)
      } else if sequence <= last {
        damaged.insert(sequence)
      } else if journal.sizes[sequence] != nil {
        try journal.setAside(sequence)
      }
    }
    return (pending, damaged)
  }

  /// Covers the entry that is journaled and not committed. Covered later, its cursors would undo that reading begins again:
  /// those of a checkpoint never move back.
  private func coverLast(
    of pending: [UInt64], _ journal: Journal, _ checkpoint: inout Checkpoint, _ files: inout LedgerFiles
  ) throws {
    guard let last = pending.last, last > checkpoint.sequence, let entry = try journal.read(last) else { return }
    let acknowledged = Self.acknowledged(checkpoint)
    try lifted { () throws(LedgerFault) in
      try files.append(entry.entries, sequence: last, acknowledged: acknowledged)
    }
    checkpoint.sequence = last
    checkpoint.cursors.merge(entry.cursors) { max($0, $1) }
  }

  private func lifted<Value>(_ body: () throws(LedgerFault) -> Value) throws -> Value {
    do {
      return try body()
    } catch {
      switch error {
      case .disk(let fault): throw fault
      case .corrupt(let name): throw Self.corrupt(path, "seen/\(name)")
      }
    }
  }

  private func replace(_ checkpoint: Checkpoint, _ ledger: LedgerFiles, _ horizon: Age) throws(FileFault) {
    let stored = StoredCheckpoint(
      tenant: tenant, checkpoint: checkpoint, segments: ledger.segments, horizon: horizon)
    try CheckpointFile.replace(stored.bytes, in: folder.root, files: folder.files)
  }

  /// Up to this entry no sink lacks anything.
  static func acknowledged(_ checkpoint: Checkpoint) -> UInt64 {
    checkpoint.sinks.values.reduce(checkpoint.sequence) { min($0, $1.sequence) }
  }

  private func report(_ damaged: Set<UInt64>, since: Instant) {
    log(
      .error, Failure.Code.journalCorrupt.rawValue,
      "Damaged journal entries were undelivered; their time span is read again.",
      [("entries", "\(damaged.count)"), ("since", Timestamp.text(since)), ("state", path)])
  }

  private var newer: Failure {
    Failure(
      "state.version", exit: .configuration, "Opening the state in \(path): a newer version of this program wrote it.",
      hint: "Use that version, or use another directory with --state.")
  }

  static func foreign(_ path: String) -> Failure {
    Failure(
      "state.foreign", exit: .configuration, "Opening the state in \(path): it belongs to another tenant.",
      hint: "Set a separate directory for each tenant with --state.")
  }

  static func corrupt(_ path: String, _ name: String) -> Failure {
    Failure(
      "state.corrupt", exit: .badData, "Opening the state: \(path)/\(name) is missing or damaged.",
      hint:
        "Run once with --rebuild-state: it moves what is damaged to damaged-N and reads everything within the revisit horizon again."
    )
  }

  private func gap(_ highest: UInt64, after last: UInt64) -> Failure {
    Failure(
      "state.gap", exit: .bug,
      "Opening the state in \(path): journal entry \(highest) exists, but the checkpoint ends at \(last).",
      hint:
        "Run once with --rebuild-state to read the horizon again, for example after the checkpoint was restored from a backup."
    )
  }
}

extension Checkpoint {
  /// True if no window was ever read to its end: all cursors are where the first pass began.
  fileprivate var isBlank: Bool { sequence == 0 && Set(cursors.values).count <= 1 }
}
