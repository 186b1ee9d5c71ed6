// Mapping of one page: its position, and the buffers that are reused from row to row.

internal import IntakeCore

/// Where events go: the batch that is filled, the line that is written, and memory for identities.
struct EventOutput {
  var batch: Batch
  /// Where `line` begins in the batch's bytes.
  var offset = 0
  var line: LineWriter
  /// For the message that an identity is the hash of.
  var scratch: LineWriter
}

/// Maps rows until the page or the room for lines is used up.
struct PageRun: ~Copyable {
  /// For the message that an identity is the hash of, however long its parts; untouched memory is free.
  static let scratchSize = RowScanner.largestRow + 65_536

  private let created: Instant
  /// The row, and in it the element, that comes next.
  private(set) var next: Int
  private(set) var element: Int
  /// True once the batch is as large as it may become; the next row begins another one.
  private(set) var isFull = false
  /// The range of the row in the page.
  var range = 0..<0
  var row = RowScanner()
  var identity = EventIdentity()
  /// True if the ledger has taken the event that comes next already: there was no room for its line.
  private var isTaken = false
  private var nesting: EventNesting?
  /// The slots of the columns whose values' places the page knows; nil where rows have to be scanned.
  private var columns: [Int]?

  /// - Parameters:
  ///   - start: where in the page to begin.
  ///   - created: for rows without a time that can be read.
  ///   - nesting: makes each event nested; nil for flat ones.
  init(from start: RowPosition, created: Instant, nesting: EventNesting? = nil) {
    self.nesting = nesting
    next = start.row
    element = start.element
    self.created = created
  }

  /// Maps from `next` on; returns at the end of the page, or where the next line does not fit.
  mutating func mapRows(
    _ page: borrowing Page, _ plan: borrowing Plan, ledger: inout some Ledger, to output: inout EventOutput
  ) {
    let span = unsafe page.bytes.span.bytes
    columns = row.slots(of: page.cells, span, plan)
    while next < page.rows.count {
      guard hasRoom(output) else { return }
      range = page.rows[next]
      guard mapRow(span, page.cells, plan, ledger: &ledger, to: &output) else { return }
      next += 1
      element = 0
    }
  }

  /// False, and the batch is full, where the next event belongs into another batch.
  @inline(__always)
  private mutating func hasRoom(_ output: borrowing EventOutput) -> Bool {
    let isLarge = output.offset + output.line.count >= Batch.most || output.batch.rows >= Batch.mostRows
    if isLarge, !isTaken { isFull = true }
    return !isFull
  }

  /// False if there was no room.
  private mutating func mapRow(
    _ span: RawSpan, _ cells: RowCells, _ plan: borrowing Plan, ledger: inout some Ledger,
    to output: inout EventOutput
  ) -> Bool {
    if let columns, let first = cells.first(next, range), row.take(cells, at: first, columns, span, range, plan) {
      return mapEvent(span, plan, ledger: &ledger, to: &output)
    }
    do throws(RowFault) {
      try row.scan(span, range, plan)
      guard let elements = row.elements, plan.eachNode != Plan.none else {
        return mapEvent(span, plan, ledger: &ledger, to: &output)
      }
      if plan.isRaw { return try mapWhole(elements, span, plan, ledger: &ledger, to: &output) }
      return try mapElements(elements, span, plan, ledger: &ledger, to: &output)
    } catch {
      return fail(error, span, plan, ledger: &ledger, to: &output)
    }
  }

  /// One event for each element; one without them where there are none.
  private mutating func mapElements(
    _ elements: Range<Int>, _ span: RawSpan, _ plan: borrowing Plan, ledger: inout some Ledger,
    to output: inout EventOutput
  ) throws(RowFault) -> Bool {
    let message = RowScanner(copying: row)
    var index = elements.lowerBound + 1
    var number = 0
    span.skipSpace(&index)
    while index < elements.upperBound - 1 {
      let start = index
      do { try span.skipValue(&index) } catch { throw .notObjects }
      if number >= element {
        guard hasRoom(output) else { return false }
        row = RowScanner(copying: message)
        try row.scanElement(span, start..<index, origin: range.lowerBound, plan)
        guard mapEvent(span, plan, ledger: &ledger, to: &output) else { return false }
        element = number + 1
      }
      number += 1
      span.skipSpace(&index)
      if span.byte(index) == .comma { index += 1 }
      span.skipSpace(&index)
    }
    guard number == 0 else { return true }
    return mapEvent(span, plan, ledger: &ledger, to: &output)
  }

  mutating func mapEvent(
    _ span: RawSpan, _ plan: borrowing Plan, ledger: inout some Ledger, to output: inout EventOutput
  ) -> Bool {
    if plan.fillsSlots { row.fill(span, plan) }
    var facts = RowFacts(span: range)
    let isStrong = identity.write(row, span, plan, to: &output.scratch)
    facts.statusStart = identity.statusStart
    facts.statusEnd = identity.statusEnd
    facts.status = identity.status
    if isStrong, let strong = output.scratch.identity(from: identity.start) {
      facts.identity = strong
    } else {
      facts.identity = ContentIdentity.of(span, range, element: element, plan)
      row.flags.insert(.weakIdentity)
    }
    readReceived(span, plan, into: &facts)
    if plan.redactor != nil { row.redact(span, plan) }
    return emit(facts, steps: plan.eventSteps, span, plan, ledger: &ledger, to: &output)
  }

  private mutating func fail(
    _ fault: RowFault, _ span: RawSpan, _ plan: borrowing Plan, ledger: inout some Ledger,
    to output: inout EventOutput
  ) -> Bool {
    var facts = RowFacts(span: range, fault: fault)
    facts.identity = ContentIdentity.of(span, range, element: element, plan)
    row.forgetCuts()
    facts.isWhole = plan.isRaw && span.isWholeObject(range)
    let before = output.batch.entries.count
    guard emit(facts, steps: plan.failedSteps, span, plan, ledger: &ledger, to: &output) else { return false }
    if output.batch.entries.count > before { output.batch.failed += 1 }
    return true
  }

  /// Writes the event if the ledger does not contain it. False if there was no room; the next call skips the ledger.
  mutating func emit(
    _ facts: RowFacts, steps: [Step], _ span: RawSpan, _ plan: borrowing Plan, ledger: inout some Ledger,
    to output: inout EventOutput
  ) -> Bool {
    if !isTaken {
      output.batch.rows += 1
      guard ledger.insert(facts.identity, received: facts.received ?? .latest) else {
        output.batch.duplicates += 1
        return true
      }
    }
    let start = output.line.count
    var event = EventWriter(facts: facts, diagnostics: RowDiagnostics(flags: row.flags, cuts: row.cuts))
    if plan.isRaw, facts.fault == nil || facts.isWhole {
      event.writeRow(row, span, plan, to: &output.line)
    } else {
      event.write(steps, row, span, plan, scratch: output.scratch, to: &output.line)
      nesting?.rewrite(&output.line, from: start, &event)
    }
    isTaken = output.line.overflowed
    guard !isTaken else {
      output.line.rewind(to: start)
      return false
    }
    var entry = Batch.Entry(
      identity: facts.identity, received: facts.received ?? created, end: output.offset + output.line.count)
    entry.isOutsideWindow = facts.received == nil
    event.note(in: &entry, output.line, from: start)
    output.batch.entries.append(entry)
    if !row.flags.isEmpty, facts.fault == nil { count(row.flags, in: &output.batch) }
    return true
  }

  private func count(_ flags: RowFlags, in batch: inout Batch) {
    if flags.contains(.weakIdentity) { batch.weak += 1 }
    if !flags.isDisjoint(with: [.invalidUTF8, .loneSurrogate]) { batch.mended += 1 }
    if !flags.isDisjoint(with: [.noTimestamp, .invalidTimestamp]) { batch.undated += 1 }
  }

  mutating func readReceived(_ span: RawSpan, _ plan: borrowing Plan, into facts: inout RowFacts) {
    guard row.hasText(plan.receivedSlot) else {
      row.flags.insert(.noTimestamp)
      return
    }
    let slot = row.slots[plan.receivedSlot & 63]
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
  /// True for the first instant and the last day with a four-digit year: what .NET writes for "no date".
  var isAnEnd: Bool { ticks <= Self.earliest.ticks || ticks > Self.latest.ticks - 86_400 * Self.perSecond }
}
