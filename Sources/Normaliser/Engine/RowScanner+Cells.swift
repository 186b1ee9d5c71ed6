// A row whose values were found with its end: each place is put into its slot, and the row is not scanned again.
// And what is looked for in the addresses of any row.

internal import IntakeCore

extension RowScanner {
  /// The slots of the columns in cells, -1 for those that are left out; nil where a column is for more than one slot's value,
  /// so that rows have to be scanned.
  mutating func slots(of cells: RowCells, _ span: RawSpan, _ plan: borrowing Plan) -> [Int]? {
    guard !cells.names.isEmpty else { return nil }
    var slots: [Int] = []
    for name in cells.names {
      switch try? target(span, name.lowerBound, name.upperBound, [], 0, plan) {
      case .slot(let slot) where slot & 63 == slot && !slots.contains(slot): slots.append(slot)
      case .leftOut: slots.append(-1)
      case .slot, .node, .other, nil: return nil
      }
    }
    return slots
  }

  /// Takes a row's values: plain texts, whole numbers and null. False, and nothing is known of the row, where one may be too
  /// long for that.
  /// - Parameters:
  ///   - first: of the row's places in `cells`.
  ///   - columns: as `slots(of:)` gives them.
  mutating func take(
    _ cells: RowCells, at first: Int, _ columns: [Int], _ span: RawSpan, _ row: Range<Int>, _ plan: borrowing Plan
  ) -> Bool {
    guard row.count <= Text.longest else { return false }
    forgetRow()
    let places = cells.places.span
    guard first >= 0, first &+ 2 &* columns.count <= places.count else { return false }
    var found: UInt64 = 0
    var slots = slots.mutableSpan
    for column in columns.indices {
      let slot = columns[column]
      guard slot >= 0 else { continue }
      let (start, end) = (Int(places[first &+ 2 &* column]), Int(places[first &+ 2 &* column &+ 1]))
      switch span.byte(start) {
      case .quote: slots[slot] = Slot(.string, start &+ 1, end &- 1)
      case UInt8(ascii: "n"): continue
      default: slots[slot] = Slot(.number, start, end)
      }
      found |= 1 << UInt64(slot)
    }
    present = found
    findAddresses(span, plan)
    return true
  }

  mutating func findAddresses(_ span: RawSpan, _ plan: borrowing Plan) {
    var addresses = plan.addressSlots & present
    while addresses != 0 {
      findAt(addresses.trailingZeroBitCount, span)
      addresses &= addresses &- 1
    }
  }

  mutating func findAt(_ slot: Int, _ span: RawSpan) {
    let (start, end) = (slots[slot & 63].start, slots[slot & 63].end)
    let found =
      slots[slot & 63].isDecoded
      ? Address.split(unsafe decoded.span.bytes, start, end) : Address.split(span, start, end)
    slots[slot & 63].at = found.at
    slots[slot & 63].isLower = found.isLower
    if found.isList { flags.insert(.addressList) }
  }
}
