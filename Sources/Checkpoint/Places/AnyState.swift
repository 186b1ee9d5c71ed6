// Either store, as one type.

package import IntakeCore

/// The state of one tenant's collection, in a directory or in a database.
package enum AnyState: StateStore {
  case directory(StateDirectory, DirectoryDocuments)
  case database(StateDatabase)
  /// Only while a store is changed in its place.
  case taken

  package var checkpoint: Checkpoint {
    switch self {
    case .directory(let store, _): store.checkpoint
    case .database(let store): store.checkpoint
    case .taken: Checkpoint()
    }
  }

  /// Taken out while it is changed: a second reference to its tables would copy them.
  package var ledger: AnyLedger {
    get {
      switch self {
      case .directory(let store, _): AnyLedger(store.ledger)
      case .database(let store): AnyLedger(store.ledger)
      case .taken: AnyLedger()
      }
    }
    _modify {
      switch self {
      case .directory(var store, let documents):
        self = .taken
        var ledger = AnyLedger(store.ledger)
        store.ledger = RecallingLedger(store.ledger.files)
        defer {
          if let changed = ledger.directory { store.ledger = changed }
          ledger = AnyLedger()
          self = .directory(store, documents)
        }
        yield &ledger
      case .database(var store):
        self = .taken
        var ledger = AnyLedger(store.ledger)
        store.ledger = DatabaseLedger()
        defer {
          if let changed = ledger.database { store.ledger = changed }
          ledger = AnyLedger()
          self = .database(store)
        }
        yield &ledger
      case .taken:
        var none = AnyLedger()
        yield &none
      }
    }
  }

  package var pending: [UInt64] {
    switch self {
    case .directory(let store, _): store.pending
    case .database(let store): store.pending
    case .taken: []
    }
  }

  package var journalSize: Int {
    switch self {
    case .directory(let store, _): store.journalSize
    case .database(let store): store.journalSize
    case .taken: 0
    }
  }

  package mutating func journal(_ batch: Batch, cursors: [String: Instant]) throws(Failure) -> JournalEntry {
    switch self {
    case .directory(var store, let documents):
      self = .taken
      defer { self = .directory(store, documents) }
      return try store.journal(batch, cursors: cursors)
    case .database(var store):
      self = .taken
      defer { self = .database(store) }
      return try store.journal(batch, cursors: cursors)
    case .taken: throw NoJournal.failure
    }
  }

  package func entry(_ sequence: UInt64) throws(Failure) -> JournalEntry { try reader.entry(sequence) }

  package var reader: any JournalReading {
    switch self {
    case .directory(let store, _): store.reader
    case .database(let store): store.reader
    case .taken: NoJournal()
    }
  }

  package mutating func commit(_ checkpoint: Checkpoint) throws(Failure) {
    switch self {
    case .directory(var store, let documents):
      self = .taken
      defer { self = .directory(store, documents) }
      try store.commit(checkpoint)
    case .database(var store):
      self = .taken
      defer { self = .database(store) }
      try store.commit(checkpoint)
    case .taken: throw NoJournal.failure
    }
  }

  package mutating func recall(_ received: Range<Instant>) throws(Failure) {
    switch self {
    case .directory(var store, let documents):
      self = .taken
      defer { self = .directory(store, documents) }
      try store.recall(received)
    case .database(var store):
      self = .taken
      defer { self = .database(store) }
      try store.recall(received)
    case .taken: throw NoJournal.failure
    }
  }

  package mutating func prune(before horizon: Instant) throws(Failure) {
    switch self {
    case .directory(var store, let documents):
      self = .taken
      defer { self = .directory(store, documents) }
      try store.prune(before: horizon)
    case .database(var store):
      self = .taken
      defer { self = .database(store) }
      try store.prune(before: horizon)
    case .taken: throw NoJournal.failure
    }
  }
}

extension AnyState {
  /// Gives the state back; the value must not be used any more.
  package func close() {
    switch self {
    case .directory(let store, _): store.close()
    case .database(let store): store.close()
    case .taken: break
    }
  }

  /// The lease that holds a state in a database; nil for a directory, whose lock the kernel keeps.
  package var lease: TenantLease? {
    if case .database(let store) = self { store.lease } else { nil }
  }

  /// The documents of whoever holds the state.
  package var documents: any StateDocuments {
    switch self {
    case .directory(_, let documents): documents
    case .database(let store): store.documents
    case .taken: DirectoryDocuments("")
    }
  }
}

/// The journal of no state.
private struct NoJournal: JournalReading {
  static let failure = Failure("state.order", exit: .bug, "Using the state: it is being changed.")

  func entry(_ sequence: UInt64) throws(Failure) -> JournalEntry { throw Self.failure }
}
