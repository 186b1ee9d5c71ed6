// Raw rows with an array of recipients: one line for the row, known by the identities of all its recipients.

internal import IntakeCore

extension PageRun {
  /// The identity changes with the status of any recipient, and not with their order.
  mutating func mapWhole(
    _ elements: Range<Int>, _ span: RawSpan, _ plan: borrowing Plan, ledger: inout some Ledger,
    to output: inout EventOutput
  ) throws(RowFault) -> Bool {
    let message = RowScanner(copying: row)
    var sum: (high: UInt64, low: UInt64) = (0, 0)
    var index = elements.lowerBound + 1
    var number = 0
    span.skipSpace(&index)
    while index < elements.upperBound - 1 {
      let start = index
      do { try span.skipValue(&index) } catch { throw .notObjects }
      row = RowScanner(copying: message)
      try row.scanElement(span, start..<index, origin: range.lowerBound, plan)
      guard identity.write(row, span, plan, to: &output.scratch),
        let strong = output.scratch.identity(from: identity.start)
      else { return mapEvent(span, plan, ledger: &ledger, to: &output) }
      sum = (sum.high &+ strong.high, sum.low &+ strong.low)
      number += 1
      span.skipSpace(&index)
      if span.byte(index) == .comma { index += 1 }
      span.skipSpace(&index)
    }
    guard number > 0 else { return mapEvent(span, plan, ledger: &ledger, to: &output) }
    row = RowScanner(copying: message)
    var facts = RowFacts(span: range)
    facts.identity = number == 1 ? Identity(high: sum.high, low: sum.low) : ContentIdentity.of(sum)
    readReceived(span, plan, into: &facts)
    return emit(facts, steps: plan.eventSteps, span, plan, ledger: &ledger, to: &output)
  }
}

extension ContentIdentity {
  fileprivate static func of(_ sum: (high: UInt64, low: UInt64)) -> Identity {
    var hash = SHA256()
    for word in [sum.high, sum.low] {
      for shift in stride(from: UInt64(0), to: 64, by: 8) { hash.update(UInt8(truncatingIfNeeded: word >> shift)) }
    }
    let words = hash.finish()
    return Identity(high: words.0, low: words.1)
  }
}
