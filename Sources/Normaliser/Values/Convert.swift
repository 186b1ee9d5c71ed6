// The closed set of conversions, each from a slot's text to a JSON value in the line.

internal import IntakeCore

enum Convert {
  /// Writes a value that is not empty. `text` is what the slot's `start` and `end` are offsets into.
  @inline(__always)
  static func write(
    _ step: Step, _ slot: Slot, _ page: RawSpan, _ text: RawSpan, _ plan: borrowing Plan, to line: inout LineWriter
  ) -> EventWriter.Outcome {
    switch step.conversion {
    case .text:
      return writeText(slot, page, text, to: &line)
    case .domain:
      guard let at = slot.at else { return .absent }
      let end = Address.domainEnd(text, at + 1, slot.end)
      return writePart(slot, text, at + 1, end, lowerCased: true, to: &line)
    case .localPart:
      guard let at = slot.at else { return .absent }
      return writePart(slot, text, slot.start, at, lowerCased: false, to: &line)
    case .lowerCase:
      return writePart(slot, text, slot.start, slot.end, lowerCased: true, to: &line)
    case .ip:
      guard !IPText.isPlaceholder(text, slot.start, slot.end) else { return .refused([]) }
      guard IPText.isValid(text, slot.start, slot.end) else { return .refused(.invalidIP) }
      line.appendQuoted(text, slot.start, slot.end)
      return .wrote
    case .withoutBrackets:
      let isBracketed =
        slot.end - slot.start > 2 && text.byte(slot.start) == UInt8(ascii: "<")
        && text.byte(slot.end - 1) == UInt8(ascii: ">")
      let inset = isBracketed ? 1 : 0
      return writePart(slot, text, slot.start + inset, slot.end - inset, lowerCased: false, to: &line)
    case .lookup:
      return writeLookup(step, slot, text, plan, to: &line)
    case .integer:
      return writeInteger(text, slot, to: &line)
    case .timestamp:
      guard let instant = Received.parse(text, slot.start, slot.end) else { return .refused(.invalidTimestamp) }
      line.append(instant)
      return .wrote
    case .properties:
      return .absent
    }
  }

  @inline(__always)
  private static func writeText(
    _ slot: Slot, _ page: RawSpan, _ text: RawSpan, to line: inout LineWriter
  ) -> EventWriter.Outcome {
    if slot.end - slot.start == 2, text.byte(slot.start) == UInt8(ascii: "<"),
      text.byte(slot.start + 1) == UInt8(ascii: ">")
    {
      return .refused([])
    }
    // A text that was resolved is spelled anew, so that lists can tell its repeats.
    if slot.isClean, !slot.isDecoded {
      line.appendQuoted(page, slot.rawStart, slot.rawEnd)
    } else {
      line.appendEscaped(text, slot.start, slot.end, limit: Text.longest)
    }
    return .wrote
  }

  @inline(__always)
  private static func writePart(
    _ slot: Slot, _ text: RawSpan, _ start: Int, _ end: Int, lowerCased: Bool, to line: inout LineWriter
  ) -> EventWriter.Outcome {
    if slot.isClean, !slot.isDecoded {
      line.append(LineWriter.quote)
      if lowerCased { line.appendLowerCased(text, start, end) } else { line.append(text, start, end) }
      line.append(LineWriter.quote)
    } else {
      line.appendEscaped(text, start, end, limit: Text.longest, lowerCased: lowerCased)
    }
    return .wrote
  }

  private static func writeLookup(
    _ step: Step, _ slot: Slot, _ text: RawSpan, _ plan: borrowing Plan, to line: inout LineWriter
  ) -> EventWriter.Outcome {
    let pool = unsafe plan.pool.span.bytes
    if let entry = plan.find(Int(step.lookup), text, slot.start, slot.end) {
      line.append(pool, entry.json.start, entry.json.end)
      return .wrote
    }
    let otherwise = plan.lookups[Int(step.lookup)].otherwise
    line.append(pool, otherwise.start, otherwise.end)
    return otherwise.isEmpty ? .refused([]) : .wrote
  }

  /// Digits that fit 64 bits, as a number or a text; a fraction of zeros is cut.
  private static func writeInteger(
    _ text: RawSpan, _ slot: Slot, to line: inout LineWriter
  ) -> EventWriter.Outcome {
    var end = slot.end
    while end > slot.start, text.byte(end - 1) == UInt8(ascii: "0") { end -= 1 }
    end = end > slot.start && text.byte(end - 1) == UInt8(ascii: ".") ? end - 1 : slot.end
    let isNegative = text.byte(slot.start) == UInt8(ascii: "-")
    var value: Int64 = 0
    var index = slot.start + (isNegative ? 1 : 0)
    guard index < end, end - index == 1 || text.byte(index) != 0x30 else { return .refused(.invalidNumber) }
    while index < end {
      guard ASCII.isDigit(text.byte(index)) else { return .refused(.invalidNumber) }
      let (tens, tooLarge) = value.multipliedReportingOverflow(by: 10)
      let (sum, overflow) = tens.subtractingReportingOverflow(Int64(text.byte(index) - 0x30))
      guard !tooLarge, !overflow else {
        return restAreDigits(text, index, end) ? .refused(.numberRange) : .refused(.invalidNumber)
      }
      value = sum
      index += 1
    }
    guard isNegative || value > .min else { return .refused(.numberRange) }
    if value == 0 { line.append(0x30) } else { line.append(text, slot.start, end) }
    return .wrote
  }

  private static func restAreDigits(_ text: RawSpan, _ start: Int, _ end: Int) -> Bool {
    for index in start..<end where !ASCII.isDigit(text.byte(index)) { return false }
    return true
  }
}

/// The time of a row in any spelling that the services use.
enum Received {
  static func parse(_ text: RawSpan, _ start: Int, _ end: Int) -> Instant? {
    text.byte(start) == UInt8(ascii: "/")
      ? Timestamp.parseDateLiteral(text, start..<end) : Timestamp.parse(text, start..<end)
  }

  /// Why a text gave no time: a date literal of digits only is one that no four-digit year can say.
  static func flags(_ text: RawSpan, _ start: Int, _ end: Int) -> RowFlags {
    guard text.matches(start, "/Date("), end - start > 8 else { return .invalidTimestamp }
    var index = start + 6
    if text.byte(index) == UInt8(ascii: "-") { index += 1 }
    let first = index
    while ASCII.isDigit(text.byte(index)) { index += 1 }
    return index > first && index + 2 == end && text.matches(index, ")/") ? .dateRange : .invalidTimestamp
  }
}

/// `email.direction`: whose users sender and recipient are.
enum Direction {
  /// Quoted, in the pool; nil if it cannot be told. A bounce has no sender; it is not one of our users'.
  static func text(_ row: borrowing RowScanner, _ page: RawSpan, _ plan: borrowing Plan) -> PoolSlice? {
    guard !plan.localDomains.isEmpty, plan.senderSlot != Plan.none,
      let recipient = isLocal(plan.recipientSlot, row, page, plan),
      let sender = isLocal(plan.senderSlot, row, page, plan) ?? isBounce(row, page, plan)
    else { return nil }
    guard plan.knowsOutside || (sender && recipient) else { return nil }
    return switch (sender, recipient) {
    case (true, true): plan.directionTexts.within
    case (false, true): plan.directionTexts.inbound
    case (true, false): plan.directionTexts.outbound
    case (false, false):
      row.slots[plan.senderSlot & 63].at == nil ? plan.directionTexts.outbound : plan.directionTexts.outside
    }
  }

  /// false for `<>`, nil for anything else.
  private static func isBounce(_ row: borrowing RowScanner, _ page: RawSpan, _ plan: borrowing Plan) -> Bool? {
    let slot = row.slots[plan.senderSlot & 63]
    guard row.has(plan.senderSlot), slot.kind == .string, slot.end - slot.start == 2 else { return nil }
    let matches =
      slot.isDecoded ? (unsafe row.decoded.span.bytes).matches(slot.start, "<>") : page.matches(slot.start, "<>")
    return matches ? false : nil
  }

  private static func isLocal(
    _ index: Int, _ row: borrowing RowScanner, _ page: RawSpan, _ plan: borrowing Plan
  ) -> Bool? {
    let slot = row.slots[index & 63]
    guard row.has(index), let at = slot.at else { return nil }
    return slot.isDecoded
      ? plan.isLocal(unsafe row.decoded.span.bytes, at + 1, slot.end) : plan.isLocal(page, at + 1, slot.end)
  }
}

extension Plan {
  /// True for a local domain and for what is below one.
  func isLocal(_ text: RawSpan, _ start: Int, _ end: Int) -> Bool {
    let end = Address.domainEnd(text, start, end)
    for domain in localDomains {
      let first = end - (domain.end - domain.start)
      guard first == start || (first > start && text.byte(first - 1) == UInt8(ascii: ".")) else { continue }
      let length = domain.end - domain.start
      if CaseFoldedText.same(text, first, unsafe pool.span.bytes, domain.start, length: length) { return true }
    }
    return false
  }
}
