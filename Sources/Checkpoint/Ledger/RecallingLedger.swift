// The ledger in memory: the quarters of an hour that rows being read were received in, and no more.

package import IntakeCore

/// The identities of delivered events. Those of a quarter of an hour come from disk when its first row is looked up.
///
/// A row inside the recalled span is looked up among the rows received about when it was. One outside of it, or without
/// a time, is looked up in the whole span as well; once delivered it is kept apart, where every row is looked up.
package struct RecallingLedger: Ledger, Sendable {
  private(set) var files: LedgerFiles
  /// Most recently used first.
  private var quarters: [LedgerQuarter] = []
  /// Identities of rows outside of their windows; nil until the first row is looked up.
  private var outside: LedgerTable?
  /// How far back these are needed, in seconds since 1970.
  private var since: Int64
  private var span: Range<Instant>?
  /// True once all quarters of the span have to be in memory.
  private var isWide = false
  /// Identities that are in no file yet.
  private var fresh: [LedgerRecord] = []
  /// What made a lookup impossible: its answer, and all that follow, mean nothing.
  private(set) var fault: LedgerFault?

  /// Quarters in memory: as many identities as three quarters of the busiest hour has.
  private static let mostQuarters = 3

  init(_ files: LedgerFiles, since: Age = Age(unit: 1)) {
    self.files = files
    self.since = since.seconds
  }

  /// Identities on disk, and those that are committed next.
  package var count: Int { files.count + fresh.count }

  /// Bytes of the tables in memory.
  package var size: Int { quarters.reduce(outside?.size ?? 0) { $0 + $1.table.size } }

  package mutating func insert(_ identity: Identity, received: Instant) -> Bool {
    guard fault == nil else { return true }
    do throws(LedgerFault) {
      return try insert(LedgerSlot(identity), received)
    } catch {
      fault = error
      return true
    }
  }

  /// Begins another span. Nothing is read before its first row.
  mutating func recall(_ received: Range<Instant>) {
    span = received
    isWide = false
    shrink()
  }

  /// - Parameter age: what is older and outside of its window is not needed any more.
  mutating func prune(before age: Age) {
    guard age.seconds != since else { return }
    since = age.seconds
    if fresh.isEmpty { outside = nil }
  }

  /// Removes files that the checkpoint has ceased to list.
  mutating func removeReplaced() throws(FileFault) { try files.removeReplaced() }

  /// Changes the files; not what is known of them.
  mutating func updateFiles<Value>(
    _ body: (inout LedgerFiles) throws(LedgerFault) -> Value
  ) throws(LedgerFault) -> Value { try body(&files) }

  /// The step record for one entry: its identities are in the files from now on.
  /// - Parameter isNew: true if they were looked up here; false for those of an entry that a restart has brought back.
  mutating func record(
    _ entries: [Batch.Entry], sequence: UInt64, acknowledged: UInt64, isNew: Bool
  ) throws(LedgerFault) {
    for entry in entries where entry.isOutsideWindow { outside?.insert(LedgerSlot(entry.identity)) }
    try files.append(entries, sequence: sequence, acknowledged: acknowledged)
    if isNew { fresh.removeAll(keepingCapacity: true) } else { quarters = [] }
  }

  private mutating func insert(_ slot: LedgerSlot, _ received: Instant) throws(LedgerFault) -> Bool {
    if outside == nil { try loadOutside() }
    guard outside?.contains(slot) == false else { return false }
    guard span?.contains(received) ?? (received < .latest) else { return try insertOutside(slot, received) }
    try bringUp(LedgerQuarter.number(of: received))
    guard quarters[0].table.insert(slot) else { return false }
    let record = LedgerRecord(slot, seconds: received.wholeSeconds)
    for index in quarters.indices.dropFirst() where quarters[index].span.contains(record.seconds) {
      quarters[index].table.insert(slot)
    }
    fresh.append(record)
    return true
  }

  /// A row may have had another time when it was delivered: it is new only if the whole span does not know it.
  private mutating func insertOutside(_ slot: LedgerSlot, _ received: Instant) throws(LedgerFault) -> Bool {
    isWide = true
    if received < .latest, try isKnown(slot, in: LedgerQuarter.number(of: received)) { return false }
    if let span, !span.isEmpty {
      for number in LedgerQuarter.number(of: span.lowerBound)...LedgerQuarter.number(of: span.upperBound) {
        if try isKnown(slot, in: number) { return false }
      }
    }
    outside?.insert(slot)
    return true
  }

  private mutating func isKnown(_ slot: LedgerSlot, in number: Int64) throws(LedgerFault) -> Bool {
    let span = LedgerQuarter.span(number)
    guard quarters.contains(where: { $0.number == number }) || files.mayHold(span) || !fresh.isEmpty else {
      return false
    }
    try bringUp(number)
    return quarters[0].table.contains(slot)
  }

  /// Makes a quarter the first one.
  @inline(__always)
  private mutating func bringUp(_ number: Int64) throws(LedgerFault) {
    if quarters.first?.number != number { try find(number) }
  }

  private mutating func find(_ number: Int64) throws(LedgerFault) {
    if let index = quarters.firstIndex(where: { $0.number == number }) {
      return quarters.swapAt(0, index)
    }
    if !isWide { shrink(by: 1) }
    let span = LedgerQuarter.span(number)
    let slots = try files.slots(in: span)
    var quarter = LedgerQuarter(number: number, expecting: slots.count)
    for slot in slots { quarter.table.insert(slot) }
    for record in fresh where span.contains(record.seconds) { quarter.table.insert(record.slot) }
    quarters.insert(quarter, at: 0)
  }

  private mutating func shrink(by room: Int = 0) {
    if quarters.count > Self.mostQuarters - room { quarters.removeLast(quarters.count - Self.mostQuarters + room) }
  }

  private mutating func loadOutside() throws(LedgerFault) {
    let slots = try files.outsideSlots(since: since)
    var table = LedgerTable(expecting: slots.count)
    for slot in slots { table.insert(slot) }
    outside = table
  }
}

/// The identities of one quarter of an hour, and of a minute on either side: services round differently.
struct LedgerQuarter: Sendable {
  let number: Int64
  let span: Range<Int64>
  var table: LedgerTable

  private static let length: Int64 = 900
  private static let margin: Int64 = 60

  init(number: Int64, expecting: Int) {
    self.number = number
    span = Self.span(number)
    table = LedgerTable(expecting: expecting)
  }

  static func number(of instant: Instant) -> Int64 {
    let seconds = instant.wholeSeconds
    return seconds / length - (seconds % length < 0 ? 1 : 0)
  }

  /// In seconds since 1970.
  static func span(_ number: Int64) -> Range<Int64> {
    (number * length - margin)..<((number + 1) * length + margin)
  }
}
