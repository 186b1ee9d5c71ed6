// Values read strictly and once: structure, and what their strings hold, so that a line of plain text needs no second look.

extension RawSpan {
  /// Past any value, strictly, as `skipValue`.
  /// - Parameters:
  ///   - index: where the value begins; moved past it.
  ///   - depth: how deep the value stands already.
  ///   - flags: gets what the strings within hold, names too.
  @inlinable @inline(__always)
  package func checkValue(_ index: inout Int, depth: Int, _ flags: inout JSONStringFlags) throws(JSONFault) {
    switch byte(index) {
    case .quote: flags.formUnion(try skipString(&index))
    case 0x2D, 0x30...0x39: try skipNumber(&index)
    case .openBrace: try checkNested(&index, closing: .closeBrace, depth: depth + 1, &flags)
    case .openBracket: try checkNested(&index, closing: .closeBracket, depth: depth + 1, &flags)
    default: try skipLiteral(&index)
    }
  }

  @usableFromInline
  func checkNested(
    _ index: inout Int, closing: UInt8, depth: Int, _ flags: inout JSONStringFlags
  ) throws(JSONFault) {
    guard depth <= Self.deepest else { throw JSONFault(index, .tooDeep) }
    index += 1
    skipSpace(&index)
    guard byte(index) != closing else {
      index += 1
      return
    }
    while true {
      if closing == .closeBrace { _ = try checkKey(&index, &flags) }
      try checkValue(&index, depth: depth, &flags)
      skipSpace(&index)
      if byte(index) == closing { break }
      guard byte(index) == .comma else { throw unexpected(index) }
      index += 1
      skipSpace(&index)
    }
    index += 1
  }

  /// Past a key and its colon, to where the value begins; returns where the key's text ends.
  @inlinable @inline(__always)
  package func checkKey(_ index: inout Int, _ flags: inout JSONStringFlags) throws(JSONFault) -> Int {
    guard byte(index) == .quote else { throw unexpected(index) }
    flags.formUnion(try skipString(&index))
    let end = index - 1
    if byte(index) <= .space { skipSpace(&index) }
    guard byte(index) == .colon else { throw unexpected(index) }
    index += 1
    if byte(index) <= .space { skipSpace(&index) }
    return end
  }

  /// Reads the object that fills the span, strictly.
  /// - Parameters:
  ///   - flags: gets what its strings hold.
  ///   - body: called with the place of each key without its quotes, and of its value.
  /// - Throws: where the span is not one object.
  @inlinable @inline(__always)
  package func checkObject(
    _ flags: inout JSONStringFlags, _ body: (_ key: Range<Int>, _ value: Range<Int>) -> Void
  ) throws(JSONFault) {
    var index = 0
    skipSpace(&index)
    try expect(.openBrace, &index)
    var isLast = byte(index) == .closeBrace
    while !isLast {
      let start = index + 1
      let key = try checkKey(&index, &flags)
      let value = index
      try checkValue(&index, depth: 1, &flags)
      body(start..<key, value..<index)
      if byte(index) <= .space { skipSpace(&index) }
      isLast = byte(index) == .closeBrace
      if !isLast { try expect(.comma, &index) }
    }
    index += 1
    skipSpace(&index)
    guard index == byteCount else { throw JSONFault(index, .trailingBytes) }
  }
}
