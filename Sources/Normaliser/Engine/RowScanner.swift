// From a row's bytes to slots: where the value of each column that the plan names stands. No value is copied, but texts
// with escapes that a conversion has to read.

internal import IntakeCore

/// One row as scanned; a value is used again for the next row. Not copied by accident: it is large.
struct RowScanner: ~Copyable {
  static let largestRow = 1 << 20
  static let mostColumns = 256

  var slots = [Slot](repeating: Slot(.string, 0, 0), count: 64)
  private var guesses = KeyPredictor()
  /// One bit for each slot that has a value.
  var present: UInt64 = 0
  private(set) var others: [UnmappedColumn] = []
  /// Texts with escapes, resolved.
  var decoded: [UInt8] = []
  private(set) var elements: Range<Int>?
  /// Values that are too long for an event.
  private(set) var cuts: [TruncatedValue] = []
  var flags: RowFlags = []

  init() {}

  /// The same row, to which the elements of one of its columns can be added one by one.
  init(copying other: borrowing RowScanner) {
    slots = other.slots
    guesses = other.guesses
    present = other.present
    others = other.others
    decoded = other.decoded
    elements = other.elements
    cuts = other.cuts
    flags = other.flags
  }

  /// Reads a whole row strictly; throws where it is not one JSON object.
  mutating func scan(_ span: RawSpan, _ row: Range<Int>, _ plan: borrowing Plan) throws(RowFault) {
    forgetRow()
    guard row.count <= Self.largestRow else { throw .tooLarge }
    guard span.byte(row.lowerBound) == .openBrace else {
      throw plan.foldColumns && span.byte(row.lowerBound) == .openBracket ? .list : .notAnObject
    }
    var first = row.lowerBound + 1
    span.skipSpace(&first)
    guard span.byte(first) != .closeBrace else { throw .empty }
    try scanObject(span, row, origin: row.lowerBound, node: 0, plan)
  }

  mutating func forgetRow() {
    present = 0
    if !others.isEmpty { others.removeAll(keepingCapacity: true) }
    if !cuts.isEmpty { cuts.removeAll() }
    if !decoded.isEmpty { decoded.removeAll(keepingCapacity: true) }
    elements = nil
    flags = []
  }

  /// Adds the members of one element of the column that gives an event each.
  mutating func scanElement(
    _ span: RawSpan, _ element: Range<Int>, origin: Int, _ plan: borrowing Plan
  ) throws(RowFault) {
    guard span.byte(element.lowerBound) == .openBrace else { throw .notObjects }
    try scanObject(span, element, origin: origin, node: plan.eachNode, plan)
  }

  private mutating func scanObject(
    _ span: RawSpan, _ range: Range<Int>, origin: Int, node: Int, _ plan: borrowing Plan
  ) throws(RowFault) {
    do throws(JSONFault) {
      var index = range.lowerBound
      try scanMembers(span, &index, node: node, depth: 1, plan)
      guard index == range.upperBound else { throw JSONFault(index, .trailingBytes) }
      findAddresses(span, plan)
    } catch {
      throw .json(error.reason, offset: error.offset - origin)
    }
    guard others.count <= Self.mostColumns else { throw .tooManyColumns }
    if isUnfit(plan.traceSlot) || isUnfit(plan.recipientSlot) || isUnfit(plan.statusSlot) { throw .identityType }
  }

  private func isUnfit(_ slot: Int) -> Bool { has(slot) && slots[slot & 63].kind == .unusable }

  /// True if the slot has a value, be it an empty text.
  @inline(__always)
  func has(_ slot: Int) -> Bool { slot >= 0 && present >> UInt64(slot & 63) & 1 == 1 }

  private mutating func scanMembers(
    _ span: RawSpan, _ index: inout Int, node: Int, depth: Int, _ plan: borrowing Plan
  ) throws(JSONFault) {
    guard depth <= RawSpan.deepest else { throw JSONFault(index, .tooDeep) }
    index += 1
    span.skipSpace(&index)
    if span.byte(index) == .closeBrace {
      index += 1
      return
    }
    var number = 0
    while true {
      if depth == 1, node == 0, let guess = guesses.find(number, span, &index) {
        let key = (start: guess.keyStart, end: guess.keyEnd, flags: JSONStringFlags())
        try scanSlot(guess.slot, span, &index, plan, key: key, node: 0)
        number += 1
        guard try goesOn(span, &index) else { return }
        continue
      }
      guard span.byte(index) == .quote else { throw JSONFault(index, .unexpectedByte) }
      let keyStart = index + 1
      let keyFlags = try span.skipString(&index)
      let keyEnd = index - 1
      span.skipSpace(&index)
      guard span.byte(index) == .colon else { throw JSONFault(index, .unexpectedByte) }
      index += 1
      span.skipSpace(&index)
      let target = try target(span, keyStart, keyEnd, keyFlags, node, plan)
      switch target {
      case .slot(let slot):
        if depth == 1, node == 0, keyFlags.isEmpty {
          guesses.learn(number, span, keyStart: keyStart, keyEnd: keyEnd, valueStart: index, slot: slot)
        }
        try scanSlot(slot, span, &index, plan, key: (keyStart, keyEnd, keyFlags), node: node)
      case .leftOut: try span.skipValue(&index, depth: depth)
      case .node(let next) where span.byte(index) == .openBrace && next != plan.eachNode:
        try scanMembers(span, &index, node: next, depth: depth + 1, plan)
      case .node(let next) where next == plan.eachNode && span.byte(index) == .openBracket:
        let start = index
        try span.skipValue(&index, depth: depth)
        if elements != nil { flags.insert(.duplicateKey) }
        elements = start..<index
      case .node, .other:
        try scanOther(span, &index, key: (keyStart, keyEnd, keyFlags), node: node, depth: depth)
      }
      number += 1
      guard try goesOn(span, &index) else { return }
    }
  }

  /// Past the comma behind a member, or past the brace that ends the object; false for the latter.
  @inline(__always)
  private func goesOn(_ span: RawSpan, _ index: inout Int) throws(JSONFault) -> Bool {
    span.skipSpace(&index)
    let byte = span.byte(index)
    index += 1
    if byte == .closeBrace { return false }
    guard byte == .comma else {
      throw JSONFault(index - 1, index <= span.byteCount ? .unexpectedByte : .unexpectedEnd)
    }
    span.skipSpace(&index)
    return true
  }

  mutating func target(
    _ span: RawSpan, _ start: Int, _ end: Int, _ keyFlags: JSONStringFlags, _ node: Int, _ plan: borrowing Plan
  ) throws(JSONFault) -> ColumnTarget {
    var found: ColumnTarget
    if keyFlags.contains(.escaped) {
      _ = try Text.inspect(span, start, end)
      let first = decoded.count
      Text.decode(span, start, end, to: &decoded)
      found = plan.keys.find(unsafe decoded.span.bytes, first, decoded.count, below: node)
    } else {
      found = plan.keys.find(span, start, end, below: node)
    }
    guard found == .other else { return found }
    if plan.foldColumns { found = plan.keys.findFolded(span, start, end, below: node) }
    if node == 0, plan.leavesOut(span, start, end) { found = .leftOut }
    return found
  }

  private typealias Key = (start: Int, end: Int, flags: JSONStringFlags)

  @inline(__always)
  private mutating func scanSlot(
    _ slot: Int, _ span: RawSpan, _ index: inout Int, _ plan: borrowing Plan, key: Key, node: Int
  ) throws(JSONFault) {
    let start = index
    let bit: UInt64 = 1 << UInt64(slot & 63)
    if present & bit != 0 { forget(slot) }
    present |= bit
    switch span.byte(index) {
    case .quote:
      let stringFlags = try span.skipString(&index)
      slots[slot & 63] = Slot(.string, start + 1, index - 1)
      if !stringFlags.isEmpty || index - start > Text.longest {
        var value = slots[slot & 63]
        try mend(&value, span, stringFlags, isConverted: plan.convertedSlots & bit != 0)
        if index - start > Text.longest {
          noteLength(of: &value, slot, span, name: columnName(span, key, node: node, plan))
        }
        slots[slot & 63] = value
      }
    case 0x2D, 0x30...0x39:
      try span.skipNumber(&index)
      slots[slot & 63] = Slot(.number, start, index)
      if index - start > Text.longest {
        var value = slots[slot & 63]
        noteLength(of: &value, slot, span, name: columnName(span, key, node: node, plan))
        slots[slot & 63] = value
      }
    case .openBrace, .openBracket:
      flags.insert(.wrongType)
      slots[slot & 63] = Slot(.unusable, start, start)
      if slot != plan.traceSlot, slot != plan.recipientSlot, slot != plan.statusSlot { present &= ~bit }
      try scanOther(span, &index, key: key, node: node, depth: 1)
    default:
      try span.skipLiteral(&index)
      if span.byte(start) == 0x6E {
        present &= ~bit
      } else {
        flags.insert(.wrongType)
        slots[slot & 63] = Slot(.unusable, start, index)
      }
    }
  }

  /// Looks into a text that holds more than plain characters, or is too long.
  private mutating func mend(
    _ value: inout Slot, _ span: RawSpan, _ stringFlags: JSONStringFlags, isConverted: Bool
  ) throws(JSONFault) {
    let findings = try Text.inspect(span, value.rawStart, value.rawEnd)
    flags.formUnion(findings.flags)
    value.isClean = findings.isClean
    if value.rawEnd - value.rawStart > Text.longest { value.isClean = false }
    guard stringFlags.contains(.escaped), isConverted || !value.isClean else { return }
    let first = decoded.count
    Text.decode(span, value.rawStart, value.rawEnd, to: &decoded)
    value.setDecoded(first, decoded.count)
  }

  /// A row that cannot be mapped shows none of its values.
  mutating func forgetCuts() {
    cuts.removeAll()
    flags.remove(.truncated)
  }

  /// Of a column given twice the last value counts.
  private mutating func forget(_ slot: Int) {
    flags.insert(.duplicateKey)
    forgetCut(slot)
  }

  private mutating func forgetCut(_ slot: Int) {
    guard !cuts.isEmpty else { return }
    cuts.removeAll { $0.slot == slot }
    if cuts.isEmpty { flags.remove(.truncated) }
  }

  /// Says of a text that will be cut what it was.
  private mutating func noteLength(of value: inout Slot, _ slot: Int, _ span: RawSpan, name: [UInt8]) {
    guard value.end - value.start > Text.longest else { return }
    value.isClean = false
    let bytes = (value.start..<value.end)
    let whole = value.isDecoded ? Array(decoded[bytes]) : bytes.map { span.byte($0) }
    cuts.append(TruncatedValue(slot: slot, column: name, whole: whole))
    flags.insert(.truncated)
  }

  private func columnName(_ span: RawSpan, _ key: Key, node: Int, _ plan: borrowing Plan) -> [UInt8] {
    let path = plan.nodePaths[node]
    var name = Array(plan.pool[path.start..<path.end])
    var text: [UInt8] = []
    Text.decode(span, key.start, key.end, to: &text)
    ColumnName.appendSnakeCase(unsafe text.span.bytes, 0, text.count, to: &name)
    return name
  }

  /// Puts a text in the place of a slot's. What was cut of the old one is private then, its hash too.
  mutating func replace(_ index: Int, _ text: [UInt8], at: Int? = nil) {
    forgetCut(index)
    let first = decoded.count
    decoded += text
    slots[index & 63].setDecoded(first, decoded.count)
    slots[index & 63].at = at.map { first + $0 }
  }

  private mutating func scanOther(
    _ span: RawSpan, _ index: inout Int, key: Key, node: Int, depth: Int
  ) throws(JSONFault) {
    let start = index
    try span.skipValue(&index, depth: depth)
    try Text.checkEscapes(span, start..<index)
    guard others.count <= Self.mostColumns else { return }
    others.append(
      UnmappedColumn(
        node: node, keyStart: key.start, keyEnd: key.end, keyIsEscaped: key.flags.contains(.escaped),
        value: start..<index))
  }
}
