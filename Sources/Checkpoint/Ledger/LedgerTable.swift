// Identities in memory: 20 to 30 bytes each, found with one cache miss.

/// An open-addressing table of identities, which are bits of a hash already: the upper bits of the low word choose the
/// place.
struct LedgerTable: Sendable {
  private var slots: [LedgerSlot]
  private(set) var count = 0

  /// - Parameter expecting: so many fit without growing.
  init(expecting: Int = 0) { slots = [LedgerSlot](repeating: .empty, count: max(16, max(0, expecting) / 4 * 5 + 5)) }

  /// Bytes of the table.
  var size: Int { slots.count * MemoryLayout<LedgerSlot>.stride }

  /// True if it was not there yet.
  @discardableResult
  mutating func insert(_ slot: LedgerSlot) -> Bool {
    if count >= slots.count / 5 * 4 { grow() }
    let index = place(of: slot)
    guard slots[index].isEmpty else { return false }
    slots[index] = slot.marked(1)
    count += 1
    return true
  }

  func contains(_ slot: LedgerSlot) -> Bool { count > 0 && !slots[place(of: slot)].isEmpty }

  /// Where the identity is, or where it belongs. There is always an empty place.
  @inline(__always)
  private func place(of slot: LedgerSlot) -> Int {
    var index = Int(slot.low.multipliedFullWidth(by: UInt64(slots.count)).high)
    while !slots[index].isEmpty, !slots[index].isSame(as: slot) { index = index + 1 == slots.count ? 0 : index + 1 }
    return index
  }

  /// By half; four fifths of the slots are used at most: two or three are looked at on average.
  private mutating func grow() {
    let known = slots
    slots = [LedgerSlot](repeating: .empty, count: known.count + known.count / 2)
    for slot in known where !slot.isEmpty { slots[place(of: slot)] = slot }
  }
}
