// The state that is moved: held, read whole, and marked.

internal import IntakeCore

/// An open state.
struct CopySource {
  private let place: StatePlace
  private let state: AnyState
  /// The state was marked as moved to this target before.
  let wasMarked: Bool

  /// - Parameter target: a state that is marked as moved there already is opened: the move was not finished.
  init(_ place: StatePlace, to target: String, tenant: String, log: Log) throws(Failure) {
    self.place = place
    switch place {
    case .directory(let path):
      state = .directory(try StateDirectory.open(path, tenant: tenant, log: log), DirectoryDocuments(path))
      do throws(Failure) {
        wasMarked = try MovedMarker(path: path).read() == target
        if !wasMarked { try MovedMarker(path: path).check() }
      } catch {
        state.close()
        throw error
      }
    case .database(let database, _):
      var opening = DatabaseOpening(database, tenant: tenant, holder: TenantLease.ownName)
      opening.movedTo = target
      state = .database(try opening.run(recalling: nil, log: log))
      wasMarked = try StateDatabase.movedPlace(database, tenant: tenant) != nil
    }
  }

  var checkpoint: Checkpoint { state.checkpoint }
  var pending: [UInt64] { state.pending }

  func entry(_ sequence: UInt64) throws(Failure) -> JournalEntry {
    try state.lease?.renew()
    return try state.entry(sequence)
  }

  func close() { state.close() }

  /// A Kafka producer is named after its state: a batch in doubt would not be recognised under another name.
  /// - Throws: `state.pending` (75) while a Kafka sink lacks batches.
  func checkDrained() throws(Failure) {
    guard let last = pending.last else { return }
    let behind = checkpoint.sinks.filter { $0.key.hasPrefix("kafka") && $0.value.sequence < last }.keys.sorted()
    guard let name = behind.first else { return }
    throw Failure(
      "state.pending", exit: .tryLater, "Copying the state: \(name) has not acknowledged everything yet.",
      hint: "Run a pass with the state first, so that nothing waits for that sink.", recovery: .later(after: nil))
  }

  /// Marks the state as moved, or takes the mark away.
  func mark(_ target: String?) throws(Failure) {
    switch place {
    case .directory(let path):
      if let target { try MovedMarker(path: path).write(target) } else { try MovedMarker(path: path).remove() }
    case .database(let database, _):
      guard let lease = state.lease else { return }
      do throws(DatabaseTrouble) {
        let mark: DatabaseValue = target.map { .text($0) } ?? .none
        let changed = try database.runAgain(Self.marking, Array(lease.fence.prefix(2)) + [mark]).affected
        guard changed == 1 else { throw try lease.lost("Marking the state as moved") }
      } catch {
        throw error.failure("Marking the state as moved", database.target)
      }
    }
  }

  /// Calls `body` with all identities of the ledger, in parts.
  func eachRun(_ body: (LedgerRun) throws(Failure) -> Void) throws(Failure) {
    let acknowledged = checkpoint.sinks.values.reduce(checkpoint.sequence) { min($0, $1.sequence) }
    let whole = { (run: LedgerRun) throws(Failure) in
      try body(
        run.sequence > acknowledged ? run : LedgerRun(records: run.records, isOutside: run.isOutside, sequence: 0))
    }
    switch state {
    case .directory(let store, _): try Self.eachRun(store.ledger.files, whole)
    case .database(let store): try Self.eachRun(store.lease, whole)
    case .taken: break
    }
  }

  private static func eachRun(
    _ files: LedgerFiles, _ body: (LedgerRun) throws(Failure) -> Void
  ) throws(Failure) {
    for segment in files.segments {
      let bytes: [UInt8]
      do throws(LedgerFault) {
        var end = segment.length
        if case .sorted(_, let index) = segment.kind { end = index }
        bytes = try files.read(segment, 0..<end)
      } catch {
        throw damaged(segment.name)
      }
      guard let blocks = LedgerBlock.all(in: bytes) else { throw damaged(segment.name) }
      for block in blocks { try body(run(block, bytes)) }
    }
  }

  private static func eachRun(
    _ lease: TenantLease, _ body: (LedgerRun) throws(Failure) -> Void
  ) throws(Failure) {
    var last: (outside: Int64, hour: Int64, part: Int64) = (0, .min, -1)
    while true {
      try lease.renew()
      let rows: [DatabaseRow]
      do throws(DatabaseTrouble) {
        let values: [DatabaseValue] = [
          .text(lease.tenant), .integer(last.outside), .integer(last.hour), .integer(last.part),
        ]
        rows = try lease.database.runAgain(listing, values).rows
      } catch {
        throw error.failure("Reading the ledger", lease.database.target)
      }
      for row in rows {
        last = (row.integer(0) ?? 1, row.integer(1) ?? .max, row.integer(2) ?? .max)
        guard let bytes = row.bytes(3), let blocks = LedgerBlock.all(in: bytes) else { throw damaged("a row") }
        for block in blocks { try body(run(block, bytes)) }
      }
      guard !rows.isEmpty else { return }
    }
  }

  /// Times of the first format say six hours and not in which window a row was read: such identities are kept known as
  /// long as the last of these hours.
  private static func run(_ block: LedgerBlock, _ bytes: [UInt8]) -> LedgerRun {
    var records: [LedgerRecord] = []
    records.reserveCapacity(block.count)
    block.each(bytes) { records.append(LedgerRecord($0.slot, seconds: $0.seconds + block.step - 1)) }
    return LedgerRun(records: records, isOutside: block.isOutside || block.step > 1, sequence: block.sequence)
  }

  private static func damaged(_ name: String) -> Failure {
    Failure(
      "state.corrupt", exit: .badData, "Copying the state: \(name) of the ledger is missing or damaged.",
      hint: "Run a pass with the state first; it says how to repair it.")
  }

  private static let marking = DatabaseStatement(
    "mark",
    "UPDATE message_trace.tenants SET moved = $3::text, holder = NULL WHERE tenant = $1 AND \(TenantLease.isHeld("$2"))"
  )

  /// $1 tenant, $2 to $4 the key of the last row that was read.
  static let listing = DatabaseStatement(
    "copy",
    """
    SELECT outside::int::bigint, hour, part, blocks FROM message_trace.ledger
    WHERE tenant = $1 AND (outside, hour, part) > ($2::bigint = 1, $3::bigint, $4::bigint)
    ORDER BY outside, hour, part LIMIT 64
    """)
}
