// One part of the ledger's table.

/// An open-addressing table of identities.
///
/// A slot is 16 bytes: 112 bits of the identity and, in place of its upper 16 bits, the age of its row. Two of five million
/// identities share 112 bits with a chance of 2⁻⁶⁸.
struct LedgerPart: Sendable {
  typealias Slot = LedgerTable.Slot

  private var slots: [Slot]
  private(set) var count = 0

  /// - Parameter expecting: about so many fit without growing; five standard deviations more do.
  init(expecting: Int) {
    let most = expecting + 5 * Int(Double(max(0, expecting)).squareRoot())
    slots = [Slot](repeating: .empty, count: max(16, most / 4 * 5 + 5))
  }

  var capacity: Int { slots.count }

  /// True if it was not there yet. The later of both ages stays.
  @discardableResult
  mutating func insert(_ slot: Slot) -> Bool {
    if count >= slots.count / 5 * 4 { grow() }
    var index = home(slot)
    while true {
      let found = slots[index]
      if found.isEmpty { break }
      if found.low == slot.low && (found.high ^ slot.high) << 16 == 0 {
        if slot.age > found.age { slots[index] = slot }
        return false
      }
      index = next(index)
    }
    slots[index] = slot
    count += 1
    return true
  }

  /// Removes what is older than `age`, in place.
  mutating func prune(before age: Age) {
    for index in slots.indices {
      while !slots[index].isEmpty && slots[index].age < age { close(index) }
    }
  }

  /// Empties a slot and moves those behind it up, so that every probe still ends where it should.
  private mutating func close(_ freed: Int) {
    var hole = freed
    var index = next(hole)
    while !slots[index].isEmpty {
      if distance(from: home(slots[index]), to: index) >= distance(from: hole, to: index) {
        slots[hole] = slots[index]
        hole = index
      }
      index = next(index)
    }
    slots[hole] = .empty
    count -= 1
  }

  /// By half; four fifths of the slots are used at most: two or three are looked at on average.
  private mutating func grow() {
    let known = slots
    slots = [Slot](repeating: .empty, count: known.count + known.count / 2)
    count = 0
    for slot in known where !slot.isEmpty { insert(slot) }
  }

  /// Where the search for an identity begins: the bits after those that chose the part, as a fraction of the capacity.
  @inline(__always)
  private func home(_ slot: Slot) -> Int {
    Int((slot.low << LedgerTable.partBits).multipliedFullWidth(by: UInt64(slots.count)).high)
  }

  @inline(__always)
  private func next(_ index: Int) -> Int { index + 1 == slots.count ? 0 : index + 1 }

  @inline(__always)
  private func distance(from start: Int, to end: Int) -> Int { end >= start ? end - start : end - start + slots.count }
}
