// Moving a state between a directory and a database, both ways: at no moment can both be used, and whatever stops the
// move, the same call finishes it.
//
// The target is written whole, but cannot be opened yet. Then the source is marked as moved, then the target is released.
// After a stop between these two, neither can be opened, and the same call begins again from the source.

package import IntakeCore

/// One state on its way to another place.
package struct StateCopy {
  /// What was moved.
  package struct Outcome: Sendable, Equatable {
    package var tenant = ""
    package var identities = 0
    package var batches = 0
    package var refused = 0
  }

  private let from: StatePlace
  private let to: StatePlace
  private let tenant: String
  private let log: Log

  /// - Parameters:
  ///   - from: the state to move.
  ///   - to: a place without a state, or one whose state was moved away.
  ///   - tenant: whose state it is.
  ///   - log: for what opening has to say.
  package init(from: StatePlace, to: StatePlace, tenant: String, log: Log) {
    self.from = from
    self.to = to
    self.tenant = tenant
    self.log = log
  }

  /// Moves it.
  /// - Throws: `state.locked`, `state.leased` (75) where one of both is in use, `state.missing` (66), `state.exists` (73)
  ///   where the target holds a state, or what disk and database say.
  package func run() throws(Failure) -> Outcome {
    guard try from.summary() != nil else {
      throw Failure(
        .stateMissing, exit: .noInput, "Copying the state from \(from.text): nothing was collected there yet.",
        hint: "Check the path, or the tenant with --tenant.")
    }
    let source = try CopySource(from, to: to.text, tenant: tenant, log: log)
    defer { source.close() }
    try source.checkDrained()
    let target: any CopyTarget
    do throws(Failure) {
      target = try makeTarget()
    } catch {
      // The move had come to its end, and only the answer was lost.
      guard error.code == .stateExists, source.wasMarked else { throw error }
      return Outcome(tenant: tenant)
    }
    do throws(Failure) {
      let outcome = try transfer(source, to: target)
      try source.mark(to.text)
      // Never taken back: a release whose answer is lost may take effect later.
      try target.release()
      return outcome
    } catch {
      target.abandon()
      throw error
    }
  }

  private func makeTarget() throws(Failure) -> any CopyTarget {
    switch to {
    case .directory(let path): try DirectoryImport(path, tenant: tenant)
    case .database(let database, _): try DatabaseImport(database, tenant: tenant)
    }
  }

  private func transfer(_ source: CopySource, to target: any CopyTarget) throws(Failure) -> Outcome {
    var outcome = Outcome(tenant: tenant)
    for sequence in source.pending {
      try target.add(try source.entry(sequence))
      outcome.batches += 1
    }
    try source.eachRun { (run) throws(Failure) in
      outcome.identities += run.records.count
      try target.add(run)
    }
    let documents = from.documents
    for name in DocumentName.all {
      if let bytes = try documents.read(name) { try target.add(name, bytes) }
    }
    var letters: [RejectedLine] = []
    try from.rejected.eachLine { letters.append($0) }
    try target.add(letters)
    outcome.refused = letters.count
    try target.write(source.checkpoint)
    return outcome
  }
}

/// Identities that one journal entry has added to the ledger, or a part of them.
struct LedgerRun {
  var records: [LedgerRecord]
  var isOutside: Bool
  /// 0 for what every sink has acknowledged.
  var sequence: UInt64
}

/// A place that a state is written to.
protocol CopyTarget: AnyObject {
  func add(_ entry: JournalEntry) throws(Failure)
  func add(_ run: LedgerRun) throws(Failure)
  func add(_ name: String, _ document: [UInt8]) throws(Failure)
  func add(_ letters: [RejectedLine]) throws(Failure)
  /// The last of all.
  func write(_ checkpoint: Checkpoint) throws(Failure)
  /// From here on the state can be opened.
  func release() throws(Failure)
  /// Undoes what it can, best effort.
  func abandon()
}
