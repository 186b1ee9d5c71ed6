// The one walk over the members of a JSON object.

extension RawSpan {
  /// Calls `body` with each member of the object that begins at `index`; afterwards `index` is past its brace.
  ///
  /// - Parameter body: gets the place of the key without its quotes, and moves the index from the beginning of the value past it.
  /// - Throws: where the members are not separated as JSON wants it; what `body` throws.
  @inlinable @inline(__always)
  package func forEachMember(
    _ index: inout Int, _ body: (_ key: Range<Int>, _ index: inout Int) throws(JSONFault) -> Void
  ) throws(JSONFault) {
    try expect(.openBrace, &index)
    guard byte(index) != .closeBrace else {
      index += 1
      return
    }
    while true {
      let start = index + 1
      let key = try skipKeyText(&index)
      let value = index
      try body(start..<key, &index)
      skipSpace(&index)
      guard index > value else { throw unexpected(index) }
      if byte(index) == .closeBrace { break }
      try expect(.comma, &index)
    }
    index += 1
  }

  /// Moves past a key and its colon, to where the value begins; returns where the key's text ends.
  @inlinable @inline(__always)
  package func skipKeyText(_ index: inout Int) throws(JSONFault) -> Int {
    guard byte(index) == .quote else { throw unexpected(index) }
    _ = try skipString(&index)
    let end = index - 1
    skipSpace(&index)
    try expect(.colon, &index)
    return end
  }

  /// Moves past one byte and the space after it.
  @inlinable @inline(__always)
  package func expect(_ token: UInt8, _ index: inout Int) throws(JSONFault) {
    guard byte(index) == token else { throw unexpected(index) }
    index += 1
    skipSpace(&index)
  }

  @inlinable
  package func unexpected(_ index: Int) -> JSONFault {
    JSONFault(index, index < byteCount ? .unexpectedByte : .unexpectedEnd)
  }
}
