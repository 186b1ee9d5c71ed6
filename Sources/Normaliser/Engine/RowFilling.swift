// Values that a row does not have as columns: recipient and sender from the settings, single values of its event data.

internal import IntakeCore

extension Plan {
  /// True if rows may get values that are not their columns.
  var fillsSlots: Bool { !givenRecipient.isEmpty || !givenSender.isEmpty || !propertySlots.isEmpty }
}

extension RowScanner {
  /// Must come before the identity is made.
  mutating func fill(_ span: RawSpan, _ plan: borrowing Plan) {
    fill(plan.recipientSlot, plan.givenRecipient, span, plan)
    fill(plan.senderSlot, plan.givenSender, span, plan)
    guard !plan.propertySlots.isEmpty, let properties = properties(span, plan) else { return }
    for (name, slot) in plan.propertySlots {
      let name = plan.pool[name.start..<name.end]
      guard let property = properties.first(where: { $0.name.elementsEqual(name) }), !property.text.isEmpty else {
        continue
      }
      put(plan.redactor?.hides(unsafe property.text.span.bytes, 0..<property.text.count) ?? property.text, in: slot)
    }
  }

  private mutating func fill(_ slot: Int, _ given: PoolSlice, _ span: RawSpan, _ plan: borrowing Plan) {
    guard slot >= 0, !given.isEmpty, !hasText(slot) else { return }
    put(Array(plan.pool[given.start..<given.end]), in: slot)
    findAt(slot, span)
  }

  /// Fills a slot with a text that is no column's.
  mutating func put(_ text: [UInt8], in index: Int) {
    let first = decoded.count
    decoded += text
    slots[index & 63] = Slot(.string, 0, 0)
    slots[index & 63].setDecoded(first, decoded.count)
    slots[index & 63].isClean = false
    present |= 1 << UInt64(index & 63)
  }
}
