// One page's way through the normaliser: which row is next, and what is reused from row to row.

internal import IntakeCore

/// Maps rows until the page or the room for lines is used up.
struct PageRun: ~Copyable {
  /// For the message that an identity is the hash of, however long its parts; untouched memory is free.
  static let scratchSize = RowScanner.largestRow + 65_536

  private let created: Instant
  /// The row, and in it the element, that comes next.
  private(set) var next = 0
  private(set) var element = 0
  private var row = RowScanner()
  private var identity = EventIdentity()
  private var days = DayText()
  /// True if the ledger has taken the event that comes next already: there was no room for its line.
  private var isTaken = false

  /// - Parameter created: for rows without a time that can be read.
  init(created: Instant) { self.created = created }

  /// Maps from `next` on; returns at the end of the page, or where the next line does not fit.
  /// - Parameter offset: where `line` begins in the batch's bytes.
  mutating func mapRows(
    _ page: borrowing Page, _ plan: borrowing Plan, offset: Int, into batch: inout Batch, ledger: inout some Ledger,
    scratch: inout LineWriter, line: inout LineWriter
  ) {
    let span = unsafe page.bytes.span.bytes
    while next < page.rows.count {
      let range = page.rows[next]
      guard mapRow(span, range, plan, offset: offset, into: &batch, ledger: &ledger, scratch: &scratch, line: &line)
      else { return }
      next += 1
      element = 0
    }
  }

  /// False if there was no room.
  private mutating func mapRow(
    _ span: RawSpan, _ range: Range<Int>, _ plan: borrowing Plan, offset: Int, into batch: inout Batch,
    ledger: inout some Ledger,
    scratch: inout LineWriter, line: inout LineWriter
  ) -> Bool {
    do throws(RowFault) {
      try row.scan(span, range, plan)
      guard let elements = row.elements, plan.each >= 0 else {
        return mapEvent(
          span, range, plan, offset: offset, into: &batch, ledger: &ledger, scratch: &scratch, line: &line)
      }
      return try mapElements(
        span, range, elements, plan, offset: offset, into: &batch, ledger: &ledger, scratch: &scratch, line: &line)
    } catch {
      return fail(
        error, span, range, plan, offset: offset, into: &batch, ledger: &ledger, scratch: &scratch, line: &line)
    }
  }

  /// One event for each element; one without them where there are none.
  private mutating func mapElements(
    _ span: RawSpan, _ range: Range<Int>, _ elements: Range<Int>, _ plan: borrowing Plan, offset: Int,
    into batch: inout Batch,
    ledger: inout some Ledger, scratch: inout LineWriter, line: inout LineWriter
  ) throws(RowFault) -> Bool {
    let message = RowScanner(copying: row)
    var index = elements.lowerBound + 1
    var number = 0
    span.skipSpace(&index)
    while index < elements.upperBound - 1 {
      let start = index
      do { try span.skipValue(&index) } catch { throw .notObjects }
      if number >= element {
        row = RowScanner(copying: message)
        try row.scanElement(span, start..<index, origin: range.lowerBound, plan)
        guard mapEvent(span, range, plan, offset: offset, into: &batch, ledger: &ledger, scratch: &scratch, line: &line)
        else { return false }
        element = number + 1
      }
      number += 1
      span.skipSpace(&index)
      if span.byte(index) == 0x2C { index += 1 }
      span.skipSpace(&index)
    }
    guard number == 0 else { return true }
    return mapEvent(span, range, plan, offset: offset, into: &batch, ledger: &ledger, scratch: &scratch, line: &line)
  }

  private mutating func mapEvent(
    _ span: RawSpan, _ range: Range<Int>, _ plan: borrowing Plan, offset: Int, into batch: inout Batch,
    ledger: inout some Ledger,
    scratch: inout LineWriter, line: inout LineWriter
  ) -> Bool {
    var facts = RowFacts(span: range)
    let isStrong = identity.write(row, span, plan, to: &scratch)
    facts.statusStart = identity.statusStart
    facts.statusEnd = identity.statusEnd
    facts.status = identity.status
    if isStrong, let strong = scratch.identity(from: identity.start) {
      facts.identity = strong
    } else {
      facts.identity = ContentIdentity.of(span, range, element: element, plan)
      row.flags.insert(.weakIdentity)
    }
    readReceived(span, plan, into: &facts)
    if plan.redactor != nil { row.redact(span, plan) }
    return emit(
      facts, steps: plan.eventSteps, span, plan, offset: offset, into: &batch, ledger: &ledger, scratch, &line)
  }

  private mutating func fail(
    _ fault: RowFault, _ span: RawSpan, _ range: Range<Int>, _ plan: borrowing Plan, offset: Int,
    into batch: inout Batch,
    ledger: inout some Ledger, scratch: inout LineWriter, line: inout LineWriter
  ) -> Bool {
    var facts = RowFacts(span: range, fault: fault)
    facts.identity = ContentIdentity.of(span, range, element: element, plan)
    row.forgetCuts()
    let before = batch.entries.count
    guard
      emit(facts, steps: plan.failedSteps, span, plan, offset: offset, into: &batch, ledger: &ledger, scratch, &line)
    else { return false }
    if batch.entries.count > before { batch.failed += 1 }
    return true
  }

  /// Asks the ledger, then writes. False if there was no room: the ledger is not asked again next time.
  private mutating func emit(
    _ facts: RowFacts, steps: [Step], _ span: RawSpan, _ plan: borrowing Plan, offset: Int, into batch: inout Batch,
    ledger: inout some Ledger, _ scratch: borrowing LineWriter, _ line: inout LineWriter
  ) -> Bool {
    let received = facts.received ?? created
    if !isTaken {
      batch.rows += 1
      guard ledger.insert(facts.identity, received: received) else {
        batch.duplicates += 1
        return true
      }
    }
    let start = line.count
    var event = EventWriter(facts: facts, diagnostics: RowDiagnostics(flags: row.flags, cuts: row.cuts))
    event.write(steps, row, span, plan, days: &days, scratch: scratch, to: &line)
    isTaken = line.overflowed
    guard !line.overflowed else {
      line.rewind(to: start)
      return false
    }
    batch.entries.append(Batch.Entry(identity: facts.identity, received: received, end: offset + line.count))
    return true
  }

  private mutating func readReceived(_ span: RawSpan, _ plan: borrowing Plan, into facts: inout RowFacts) {
    guard row.hasText(plan.received) else {
      row.flags.insert(.noTimestamp)
      return
    }
    let slot = row.slots[plan.received & 63]
    let reasons: RowFlags
    if slot.isDecoded {
      let text = unsafe row.decoded.span.bytes
      facts.received = Received.parse(text, slot.start, slot.end)
      reasons = facts.received == nil ? Received.flags(text, slot.start, slot.end) : []
    } else {
      facts.received = Received.parse(span, slot.start, slot.end)
      reasons = facts.received == nil ? Received.flags(span, slot.start, slot.end) : []
    }
    row.flags.formUnion(reasons)
    guard let received = facts.received else { return }
    if received > created { row.flags.insert(.futureTimestamp) }
    if received.isAnEnd { row.flags.insert(.dateRange) }
  }
}

extension Instant {
  /// True for the first instant and the last day that four-digit years can say: what .NET writes for "no date".
  var isAnEnd: Bool { ticks <= Self.earliest.ticks || ticks > Self.latest.ticks - 86_400 * Self.perSecond }
}
