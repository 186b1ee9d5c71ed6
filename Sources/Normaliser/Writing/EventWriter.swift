// Runs the steps of a plan over one scanned row. The hot path of the program: no allocation, no closure, and a value that
// is only copied is not inspected.

internal import IntakeCore

/// Writes one event; made anew for each.
struct EventWriter: ~Copyable {
  enum Outcome {
    case wrote, absent
    case refused(RowFlags)
  }

  var facts: RowFacts
  var diagnostics: RowDiagnostics
  /// The last value written, for steps that repeat it; empty if there was none.
  var lastStart = 0
  var lastEnd = 0
  private var listStart = 0
  /// True once an empty list was replaced by the value that its conversion refused.
  private var isReplaced = false
  /// Where the received time was written first; nil before that.
  private var receivedStart: Int?
  /// Where the values of `event.action` and `event.outcome` stand, quotes included, counted from the beginning of the line.
  var status = 0..<0
  var outcome = 0..<0
  /// One bit for each slot known to hold an IP address.
  private var goodIPs: UInt64 = 0
  private var items = InlineArray<8, Int32>(repeating: 0)
  private var itemCount = 0

  init(facts: RowFacts, diagnostics: RowDiagnostics) {
    self.facts = facts
    self.diagnostics = diagnostics
  }

  /// Writes the whole line with its LF.
  mutating func write(
    _ steps: [Step], _ row: borrowing RowScanner, _ page: RawSpan, _ plan: borrowing Plan,
    scratch: borrowing LineWriter, to line: inout LineWriter
  ) {
    let pool = unsafe plan.pool.span.bytes
    let start = line.count
    var index = 0
    while index < steps.count {
      let step = steps[index]
      index += 1
      switch step.code {
      case .literal:
        line.append(pool, step.text.start, step.text.end)
      case .single:
        if writeQuickly(step, row, page, pool, in: .list, to: &line) { index += Int(step.skip) }
      case .value where writeQuickly(step, row, page, pool, in: .quotes, to: &line):
        index += Int(step.skip)
      case .value:
        if writeField(step, row, page, plan, to: &line) { index += Int(step.skip) }
      case .given where step.isOfCuts && diagnostics.cuts.isEmpty:
        continue
      case .given:
        if writeGiven(step, row, page, plan, scratch: scratch, to: &line) { index += Int(step.skip) }
      case .setting:
        line.append(pool, step.name.start, step.name.end)
        writeLast(pool, step.text, to: &line)
        index += Int(step.skip)
      case .again:
        guard lastStart < lastEnd else { continue }
        line.append(pool, step.name.start, step.name.end)
        line.repeatBytes(lastStart, lastEnd)
        line.append(.comma)
      case .listOpen:
        listStart = line.count
        line.append(pool, step.name.start, step.name.end)
        (lastStart, lastEnd, itemCount) = (line.count - 1, 0, 0)
        isReplaced = false
      case .listItem, .listGiven, .listSetting:
        writeItem(step, row, page, plan, scratch: scratch, to: &line)
      case .listClose:
        closeList(to: &line)
      case .isStatus: status = lastValue(step, from: start, end: line.count)
      case .isOutcome: outcome = lastValue(step, from: start, end: line.count)
      case .others:
        UnmappedColumns.write(row, page, plan, &diagnostics, to: &line)
      }
    }
    if line.count > start + 1 { line.replaceLast(with: UInt8(ascii: "}")) } else { line.append(UInt8(ascii: "}")) }
    line.append(.lineFeed)
  }

  private mutating func writeLast(_ pool: RawSpan, _ text: PoolSlice, to line: inout LineWriter) {
    lastStart = line.count
    line.append(pool, text.start, text.end)
    lastEnd = line.count
    line.append(.comma)
  }

  /// A field from a text that stands in the page as it goes out; false, and nothing written, for everything else.
  @inline(__always)
  private mutating func writeQuickly(
    _ step: Step, _ row: borrowing RowScanner, _ page: RawSpan, _ pool: RawSpan, in wrapping: LineWriter.Wrapping,
    to line: inout LineWriter
  ) -> Bool {
    let part = plainPart(step, row, page)
    let start = line.count
    guard part.start < part.end,
      line.appendField(pool, step.name, page, part.start, part.end, lowerCased: part.isLowered, in: wrapping)
    else { return false }
    (lastStart, lastEnd) = (start &+ (step.name.end &- step.name.start), line.count &- 1)
    if wrapping == .list { lastStart &-= 1 }
    return true
  }

  private typealias Part = (start: Int, end: Int, isLowered: Bool)

  /// What a step takes of a text that may be copied; an empty part for everything that takes a closer look.
  @inline(__always)
  private mutating func plainPart(_ step: Step, _ row: borrowing RowScanner, _ page: RawSpan) -> Part {
    let index = Int(step.slot)
    guard row.has(index) else { return (0, 0, false) }
    let slot = row.slots[index & 63]
    guard slot.isPlainText else { return (0, 0, false) }
    switch step.conversion {
    case .text: return (slot.rawStart, slot.rawEnd, false)
    case .lowerCase: return (slot.rawStart, slot.rawEnd, true)
    case .domain:
      guard let at = slot.at else { return (0, 0, false) }
      return (at &+ 1, Address.domainEnd(page, at &+ 1, slot.rawEnd), !slot.isLower)
    case .localPart: return (slot.rawStart, slot.at ?? slot.rawStart, false)
    case .ip where isIP(index, slot, page): return (slot.rawStart, slot.rawEnd, false)
    case .ip, .withoutBrackets, .lookup, .integer, .timestamp, .properties: return (0, 0, false)
    }
  }

  @inline(__always)
  private mutating func isIP(_ index: Int, _ slot: Slot, _ page: RawSpan) -> Bool {
    let bit: UInt64 = 1 << UInt64(index & 63)
    if goodIPs & bit != 0 { return true }
    guard IPText.isValid(page, slot.rawStart, slot.rawEnd), !IPText.isPlaceholder(page, slot.rawStart, slot.rawEnd)
    else { return false }
    goodIPs |= bit
    return true
  }

  /// A field from a slot; true if it was written, under its own name or the other one.
  private mutating func writeField(
    _ step: Step, _ row: borrowing RowScanner, _ page: RawSpan, _ plan: borrowing Plan, to line: inout LineWriter
  ) -> Bool {
    let start = line.count
    line.append(unsafe plan.pool.span.bytes, step.name.start, step.name.end)
    lastStart = line.count
    switch writeValue(step, row, page, plan, to: &line) {
    case .wrote:
      lastEnd = line.count
      line.append(.comma)
      return true
    case .absent:
      line.drop(to: start)
      lastEnd = 0
      return false
    case .refused(let reasons):
      line.drop(to: start)
      lastEnd = 0
      diagnostics.flags.formUnion(reasons)
      writeOtherwise(step, row, page, plan, to: &line)
      return false
    }
  }

  /// A value that its conversion refused, unchanged.
  private func writeOtherwise(
    _ step: Step, _ row: borrowing RowScanner, _ page: RawSpan, _ plan: borrowing Plan, to line: inout LineWriter
  ) {
    guard !step.otherwise.isEmpty else { return }
    line.append(unsafe plan.pool.span.bytes, step.otherwise.start, step.otherwise.end)
    row.writeText(Int(step.slot), page, to: &line)
    line.append(.comma)
  }

  private mutating func writeValue(
    _ step: Step, _ row: borrowing RowScanner, _ page: RawSpan, _ plan: borrowing Plan, to line: inout LineWriter
  ) -> Outcome {
    let index = Int(step.slot)
    guard row.hasText(index) else {
      return step.conversion == .lookup ? writeOtherwise(of: step, plan, to: &line) : .absent
    }
    if step.conversion == .timestamp, index == plan.receivedSlot {
      guard facts.received != nil else { return .refused([]) }
      writeReceived(to: &line)
      return .wrote
    }
    let slot = row.slots[index & 63]
    if slot.isDecoded {
      return Convert.write(step, slot, page, unsafe row.decoded.span.bytes, plan, to: &line)
    }
    return Convert.write(step, slot, page, page, plan, to: &line)
  }

  func writeOtherwise(of step: Step, _ plan: borrowing Plan, to line: inout LineWriter) -> Outcome {
    let text = plan.lookups[Int(step.lookup)].otherwise
    line.append(unsafe plan.pool.span.bytes, text.start, text.end)
    return text.isEmpty ? .absent : .wrote
  }

  /// The received time; from the second time on, a copy of the first.
  mutating func writeReceived(to line: inout LineWriter) {
    if let first = receivedStart { return line.repeatBytes(first, first + DayText.length) }
    guard let received = facts.received else { return }
    receivedStart = line.count
    line.append(received)
  }

  // MARK: Lists

  private mutating func writeItem(
    _ step: Step, _ row: borrowing RowScanner, _ page: RawSpan, _ plan: borrowing Plan, scratch: borrowing LineWriter,
    to line: inout LineWriter
  ) {
    let start = line.count
    if step.code == .listItem {
      let part = plainPart(step, row, page)
      if part.start < part.end, line.appendItem(page, part.start, part.end, lowerCased: part.isLowered) {
        return keepItem(from: start, to: &line)
      }
    }
    let outcome: Outcome
    switch step.code {
    case .listItem: outcome = writeValue(step, row, page, plan, to: &line)
    case .listSetting:
      line.append(unsafe plan.pool.span.bytes, step.text.start, step.text.end)
      outcome = .wrote
    default: outcome = writeGivenValue(step, row, page, plan, scratch: scratch, to: &line)
    }
    switch outcome {
    case .wrote:
      keepItem(from: start, to: &line)
    case .absent:
      line.drop(to: start)
    case .refused(let reasons):
      line.drop(to: start)
      diagnostics.flags.formUnion(reasons)
      guard !step.otherwise.isEmpty, itemCount == 0 else { return }
      // An empty list is replaced by the unchanged value.
      line.drop(to: listStart)
      writeOtherwise(step, row, page, plan, to: &line)
      isReplaced = true
    }
  }

  /// Keeps the item just written unless the list contains it already.
  @inline(__always)
  private mutating func keepItem(from start: Int, to line: inout LineWriter) {
    guard itemCount < 8, itemCount == 0 || !isRepeated(start, in: line) else { return line.drop(to: start) }
    items[itemCount & 7] = Int32(truncatingIfNeeded: start &- listStart)
    itemCount &+= 1
    line.append(.comma)
  }

  private func isRepeated(_ start: Int, in line: borrowing LineWriter) -> Bool {
    for index in 0..<itemCount {
      let first = listStart + Int(items[index])
      let end = index + 1 < itemCount ? listStart + Int(items[index + 1]) - 1 : start - 1
      if end - first == line.count - start, line.equal(first, start, length: line.count - start) { return true }
    }
    return false
  }

  private mutating func closeList(to line: inout LineWriter) {
    guard itemCount > 0 else {
      if !isReplaced { line.drop(to: listStart) }
      lastEnd = 0
      return
    }
    line.replaceLast(with: UInt8(ascii: "]"))
    lastEnd = line.count
    line.append(.comma)
  }
}

extension RowScanner {
  /// A slot's value as a JSON text, whatever its type.
  @inline(__always)
  func writeText(_ index: Int, _ page: RawSpan, to line: inout LineWriter) {
    let slot = slots[index & 63]
    if slot.isClean, !slot.isDecoded {
      line.appendQuoted(page, slot.rawStart, slot.rawEnd)
    } else if slot.isDecoded {
      line.appendEscaped(unsafe decoded.span.bytes, slot.start, slot.end, limit: Text.longest)
    } else {
      line.appendEscaped(page, slot.start, slot.end, limit: Text.longest)
    }
  }
}
