// Values that are not columns: identity, time of reading, direction, the original, the tags.

internal import IntakeCore

extension EventWriter {
  /// A field from what is given; true if it was written.
  mutating func writeGiven(
    _ step: Step, _ row: borrowing RowScanner, _ page: RawSpan, _ plan: borrowing Plan, scratch: borrowing LineWriter,
    to line: inout LineWriter
  ) -> Bool {
    let start = line.count
    line.append(unsafe plan.pool.span.bytes, step.name.start, step.name.end)
    lastStart = line.count
    guard case .wrote = writeGivenValue(step, row, page, plan, scratch: scratch, to: &line) else {
      line.drop(to: start)
      lastEnd = 0
      return false
    }
    lastEnd = line.count
    line.append(.comma)
    return true
  }

  mutating func writeGivenValue(
    _ step: Step, _ row: borrowing RowScanner, _ page: RawSpan, _ plan: borrowing Plan, scratch: borrowing LineWriter,
    to line: inout LineWriter
  ) -> Outcome {
    switch step.given {
    case .identity: line.append(facts.identity)
    case .created: writeCreated(plan, to: &line)
    case .received where facts.received == nil: writeCreated(plan, to: &line)
    case .received: writeReceived(to: &line)
    case .status: return writeStatus(step, plan, scratch: scratch, to: &line)
    case .direction: return writeDirection(step, row, page, plan, to: &line)
    case .original:
      guard plan.keepOriginal || facts.fault != nil else { return .absent }
      if plan.redactor != nil { return .absent }
      noteOriginal(page)
      line.appendEscaped(page, facts.span.lowerBound, facts.span.upperBound, limit: Text.longestOriginal)
    case .reason: line.appendText(facts.fault?.sentence ?? "")
    case .flags: writeFlags(step, plan, to: &line)
    case .cutColumns, .cutLengths, .cutHashes:
      guard !diagnostics.cuts.isEmpty else { return .absent }
      line.append(diagnostics.cuts, step.given)
    case .provider, .tenantName, .tenantID, .recipient: return .absent
    }
    return .wrote
  }

  /// An original that is too long is cut, like any value.
  private mutating func noteOriginal(_ page: RawSpan) {
    guard facts.span.count > Text.longestOriginal else { return }
    diagnostics.cut(TruncatedValue(column: Array("original".utf8), whole: facts.span.map { page.byte($0) }))
  }

  private func writeCreated(_ plan: borrowing Plan, to line: inout LineWriter) {
    guard let created = plan.createdPlaces.first else { return }
    line.append(unsafe plan.pool.span.bytes, created.start, created.end)
  }

  private func writeDirection(
    _ step: Step, _ row: borrowing RowScanner, _ page: RawSpan, _ plan: borrowing Plan, to line: inout LineWriter
  ) -> Outcome {
    guard var text = Direction.text(row, page, plan) else { return .absent }
    let pool = unsafe plan.pool.span.bytes
    if step.conversion == .lookup {
      guard let found = plan.find(Int(step.lookup), pool, text.start + 1, text.end - 1) else {
        return writeOtherwise(of: step, plan, to: &line)
      }
      text = found.json
    }
    line.append(pool, text.start, text.end)
    return .wrote
  }

  private func writeStatus(
    _ step: Step, _ plan: borrowing Plan, scratch: borrowing LineWriter, to line: inout LineWriter
  ) -> Outcome {
    let (start, end) = (facts.statusStart, facts.statusEnd)
    guard step.conversion == .lookup else {
      guard start < end else { return .absent }
      if !facts.status.isEmpty {
        line.append(unsafe plan.pool.span.bytes, facts.status.start, facts.status.end)
      } else {
        scratch.read { line.appendEscaped($0, start, end) }
      }
      return .wrote
    }
    let found = start < end ? findStatus(Int(step.lookup), plan, scratch: scratch) : nil
    guard let found else { return writeOtherwise(of: step, plan, to: &line) }
    line.append(unsafe plan.pool.span.bytes, found.json.start, found.json.end)
    return .wrote
  }

  private func findStatus(
    _ lookup: Int, _ plan: borrowing Plan, scratch: borrowing LineWriter
  ) -> PlanLookup.Entry? {
    guard facts.status.isEmpty else {
      return plan.find(lookup, unsafe plan.pool.span.bytes, facts.status.start + 1, facts.status.end - 1)
    }
    return scratch.read { plan.find(lookup, $0, facts.statusStart, facts.statusEnd) }
  }

  private func writeFlags(_ step: Step, _ plan: borrowing Plan, to line: inout LineWriter) {
    line.append(unsafe plan.pool.span.bytes, step.text.start, step.text.end)
    guard !diagnostics.flags.isEmpty else { return }
    line.drop(to: line.count - 1)
    for bit in RowFlags.names.indices where diagnostics.flags.rawValue >> UInt32(bit) & 1 == 1 {
      line.append(.comma)
      line.appendText(RowFlags.names[bit])
    }
    line.append(UInt8(ascii: "]"))
  }
}
