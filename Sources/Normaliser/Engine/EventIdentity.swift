// `event.id`: SHA-256 over `tenant LF trace-id LF recipient LF status`, the same bytes however a service spells them.

internal import IntakeCore

/// Puts together the message that the identity is the hash of, in scratch memory of its own.
///
/// A lone surrogate is hashed as WTF-8. The status, which the event shows too, stands in its place with U+FFFD then, and
/// once more in WTF-8 at the message's end.
struct EventIdentity {
  /// A status without a lookup entry is truncated to this many bytes.
  static let longestStatus = 128

  /// Where the message begins in the scratch memory.
  var start = 0
  private(set) var statusStart = 0
  private(set) var statusEnd = 0
  /// The status as a quoted text in the pool, where it is one of the mapping's; else empty.
  private(set) var status = PoolSlice()

  /// Writes the message up to the status, which stays in `scratch` for the event. False if trace id or recipient is
  /// missing: then only the status was written.
  mutating func write(
    _ row: borrowing RowScanner, _ span: RawSpan, _ plan: borrowing Plan, to scratch: inout LineWriter
  ) -> Bool {
    scratch.rewind(to: start)
    let pool = unsafe plan.pool.span.bytes
    scratch.append(pool, plan.tenant.start, plan.tenant.end)
    let hasTrace = Self.appendLowerCased(plan.traceSlot, row, span, to: &scratch)
    scratch.append(.lineFeed)
    let hasRecipient = Self.appendLowerCased(plan.recipientSlot, row, span, to: &scratch)
    scratch.append(.lineFeed)
    statusStart = scratch.count
    status = PoolSlice()
    if row.hasText(plan.statusSlot) {
      let slot = row.slots[plan.statusSlot & 63]
      if slot.isDecoded {
        status = Self.appendStatus(unsafe row.decoded.span.bytes, slot, plan, to: &scratch)
      } else {
        status = Self.appendStatus(span, slot, plan, to: &scratch)
      }
    }
    statusEnd = scratch.count
    for slot in plan.furtherSlots {
      scratch.append(.lineFeed)
      guard row.hasText(slot) else { continue }
      if slot == plan.receivedSlot, let instant = row.instant(slot, span) {
        for byte in Timestamp.text(instant).utf8 { scratch.append(byte) }
      } else {
        Self.append(row.slots[slot & 63], row, span, to: &scratch)
      }
    }
    if row.flags.contains(.loneSurrogate), row.hasText(plan.statusSlot) {
      row.appendSurrogates(row.slots[plan.statusSlot & 63], span, isAfterText: true, to: &scratch)
    }
    return hasTrace && hasRecipient
  }

  private static func appendLowerCased(
    _ index: Int, _ row: borrowing RowScanner, _ span: RawSpan, to scratch: inout LineWriter
  ) -> Bool {
    guard row.hasText(index) else { return false }
    let slot = row.slots[index & 63]
    if row.flags.contains(.loneSurrogate), row.appendSurrogates(slot, span, lowerCased: true, to: &scratch) {
      return true
    }
    if slot.isDecoded {
      scratch.appendLowerCased(unsafe row.decoded.span.bytes, slot.start, slot.end)
    } else if slot.isLower {
      scratch.append(span, slot.start, slot.end)
    } else {
      scratch.appendLowerCased(span, slot.start, slot.end)
    }
    return true
  }

  private static func append(
    _ slot: Slot, _ row: borrowing RowScanner, _ span: RawSpan, to scratch: inout LineWriter
  ) {
    if row.flags.contains(.loneSurrogate), row.appendSurrogates(slot, span, to: &scratch) { return }
    if slot.isDecoded {
      scratch.append(unsafe row.decoded.span.bytes, slot.start, slot.end)
    } else {
      scratch.append(span, slot.start, slot.end)
    }
  }

  /// The canonical spelling of a status, and its place as a quoted text; of one that is not known, lower camel.
  private static func appendStatus(
    _ span: RawSpan, _ slot: Slot, _ plan: borrowing Plan, to scratch: inout LineWriter
  ) -> PoolSlice {
    if plan.statusLookup != Plan.none, let entry = plan.find(plan.statusLookup, span, slot.start, slot.end) {
      scratch.append(unsafe plan.pool.span.bytes, entry.value.start, entry.value.end)
      return entry.json.end - entry.json.start == entry.value.end - entry.value.start + 2 ? entry.json : PoolSlice()
    }
    var begins = false
    let first = scratch.count
    for index in slot.start..<min(slot.end, slot.start + longestStatus) {
      let byte = span.byte(index)
      switch byte {
      case UInt8(ascii: " "), UInt8(ascii: "_"), UInt8(ascii: "-"): begins = scratch.count > first
      case 0x61...0x7A where begins:
        scratch.append(byte & 0xDF)
        begins = false
      default:
        scratch.append(scratch.count == first ? ASCII.lowerCased(byte) : byte)
        begins = false
      }
    }
    return PoolSlice()
  }
}

extension RowScanner {
  /// True if the slot holds a text or number that is not empty.
  @inline(__always)
  func hasText(_ slot: Int) -> Bool { has(slot) && !slots[slot & 63].isEmpty }

  /// The time that a slot's text says, whole milliseconds as all services give; nil if it says none.
  func instant(_ slot: Int, _ span: RawSpan) -> Instant? {
    let slot = slots[slot & 63]
    return slot.isDecoded
      ? Received.parse(unsafe decoded.span.bytes, slot.start, slot.end) : Received.parse(span, slot.start, slot.end)
  }
}

extension Plan {
  /// The entry of a lookup for a text, without regard to ASCII case.
  @inline(__always)
  func find(_ lookup: Int, _ span: RawSpan, _ start: Int, _ end: Int) -> PlanLookup.Entry? {
    guard start < end else { return nil }
    let words = CaseFoldedText(span, start, end)
    for entry in lookups[lookup].entries where entry.words == words {
      if end &- start <= CaseFoldedText.longest
        || CaseFoldedText.same(span, start, unsafe pool.span.bytes, entry.key.start, length: end &- start)
      {
        return entry
      }
    }
    return nil
  }
}

/// The identity of a row that has no trace id or recipient, or is no row at all: a hash of its content, without the
/// columns that echo the query, the same whatever the order of its columns.
enum ContentIdentity {
  static func of(_ span: RawSpan, _ row: Range<Int>, element: Int, _ plan: borrowing Plan) -> Identity {
    var sum: (UInt64, UInt64) = (0, 0)
    if !addMembers(span, row, plan, to: &sum) { sum = digest { update(&$0, span, row) } }
    let tenant = plan.tenant
    let words = digest { hash in
      for index in tenant.start..<tenant.end { hash.update(plan.pool[index]) }
      hash.update(Array("row".utf8))
      for word in [sum.0, sum.1, UInt64(element)] {
        for shift in stride(from: UInt64(0), to: 64, by: 8) { hash.update(UInt8(truncatingIfNeeded: word >> shift)) }
      }
    }
    return Identity(high: words.0, low: words.1)
  }

  private static func digest(_ body: (inout SHA256) -> Void) -> (UInt64, UInt64) {
    var hash = SHA256()
    body(&hash)
    let words = hash.finish()
    return (words.0, words.1)
  }

  /// False if the row is no object whose members can be told apart.
  private static func addMembers(
    _ span: RawSpan, _ row: Range<Int>, _ plan: borrowing Plan, to sum: inout (UInt64, UInt64)
  ) -> Bool {
    guard span.byte(row.lowerBound) == .openBrace else { return false }
    var index = row.lowerBound + 1
    span.skipSpace(&index)
    while span.byte(index) != .closeBrace {
      let key = index
      do {
        try span.skipKey(&index)
        let value = index
        try span.skipLoosely(&index)
        add(span, key: key, value: value..<index, plan, to: &sum)
      } catch { return false }
      span.skipSpace(&index)
      guard span.byte(index) == .comma || span.byte(index) == .closeBrace, index < row.upperBound else { return false }
      if span.byte(index) == .comma { index += 1 }
      span.skipSpace(&index)
    }
    return true
  }

  private static func add(
    _ span: RawSpan, key: Int, value: Range<Int>, _ plan: borrowing Plan, to sum: inout (UInt64, UInt64)
  ) {
    var end = key
    guard (try? span.skipString(&end)) != nil else { return }
    guard plan.keys.find(span, key + 1, end - 1, below: 0) != .leftOut, !plan.leavesOut(span, key + 1, end - 1)
    else { return }
    let words = digest { hash in
      update(&hash, span, (key + 1)..<(end - 1))
      hash.update(0)
      update(&hash, span, value)
    }
    sum = (sum.0 &+ words.0, sum.1 &+ words.1)
  }

  /// Takes a slice in: texts with their escapes resolved, without the space between tokens.
  private static func update(_ hash: inout SHA256, _ span: RawSpan, _ range: Range<Int>) {
    var text: [UInt8] = []
    Text.decode(span, range.lowerBound, range.upperBound, to: &text, keepsSurrogates: true)
    var isInside = false
    for byte in text {
      if byte == .quote { isInside.toggle() }
      if isInside || byte > .space { hash.update(byte) }
    }
  }
}
