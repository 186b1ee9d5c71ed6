// The shapes in which both services wrap rows, told apart by what they are, never by what was asked for.

/// Where in an answer the rows are, and what stands beside them.
///
/// Accepted: verbose `{"d":{"results":[…],"__next":…}}`, `{"d":[…]}`, light `{"value":[…],"odata.nextLink":…}`, Graph
/// `{"value":[…],"@odata.nextLink":…}`. Source: MS-ODATA 2.2.6, OData JSON 4.0 section 4.5.
package struct Envelope: Sendable, Equatable {
  /// Each element of the collection by structure alone; it may hold anything.
  package var rows = RowRanges()
  /// Where the values of the rows stand that are alike.
  package var cells = RowCells()
  /// The next link as text, nil where there is none or it is null or empty.
  package var next: String?
  /// True if the answer carries an `error` beside or instead of its rows.
  package var hasError = false

  /// More elements than that are no page: the services give 5,000 rows at most, and each costs 8 bytes here.
  package static let mostRows = 2_000_000
  /// Rows that differ from the one before, after which no further row is taken as a model.
  private static let mostModels = 64

  /// nil if the document is whole JSON but no envelope that is known here; throws where it is not whole.
  package init?(_ bytes: [UInt8]) throws(JSONFault) {
    let span = unsafe bytes.span.bytes
    var index = span.matches(0, "\u{FEFF}") ? 3 : 0
    span.skipSpace(&index)
    guard span.byte(index) == .openBrace else {
      try span.skipLoosely(&index)
      return nil
    }
    let found = try readObject(span, &index, nested: false)
    span.skipSpace(&index)
    guard index == bytes.count else { throw JSONFault(index, .trailingBytes) }
    guard found || hasError else { return nil }
  }

  /// Reads the members of the object at `index`; true if a collection was found.
  private mutating func readObject(_ span: RawSpan, _ index: inout Int, nested: Bool) throws(JSONFault) -> Bool {
    var found = false
    try span.forEachMember(&index) { key, index throws(JSONFault) in
      let first = span.byte(index)
      switch self.key(span, key.lowerBound) {
      case .collection where first == .openBracket:
        guard !found else { throw JSONFault(key.lowerBound, .duplicateKey) }
        try readRows(span, &index)
        found = true
      case .wrapper where !nested && first == .openBrace:
        found = try readObject(span, &index, nested: true)
      case .wrapper where !nested && first == .openBracket:
        try readRows(span, &index)
        found = true
      case .next:
        guard next == nil else { throw JSONFault(key.lowerBound, .duplicateKey) }
        try readNext(span, &index)
      case .error:
        hasError = true
        try span.skipLoosely(&index)
      case .collection, .wrapper, .other:
        try span.skipLoosely(&index)
      }
    }
    return found
  }

  private mutating func readRows(_ span: RawSpan, _ index: inout Int) throws(JSONFault) {
    index += 1
    span.skipSpace(&index)
    guard span.byte(index) != .closeBracket else {
      index += 1
      return
    }
    var template = RowTemplate()
    var models = 0
    while true {
      let start = index
      if let end = template.end(of: start, in: span, &cells) {
        index = end
      } else {
        try span.skipLoosely(&index)
        models += 1
        if models <= Self.mostModels { template.learn(span, start..<index) }
        if template.end(of: start, in: span, &cells) == nil { cells.skip() }
      }
      guard rows.count < Self.mostRows else { throw JSONFault(start, .tooManyRows) }
      rows.append(start..<index)
      span.skipSpace(&index)
      let byte = span.byte(index)
      guard byte == .comma || byte == .closeBracket else { throw span.unexpected(index) }
      index += 1
      span.skipSpace(&index)
      if byte == .closeBracket { return }
    }
  }

  private mutating func readNext(_ span: RawSpan, _ index: inout Int) throws(JSONFault) {
    let start = index
    guard span.byte(index) == .quote else {
      guard span.matches(index, "null") else { throw JSONFault(index, .unexpectedByte) }
      return try span.skipLiteral(&index)
    }
    _ = try span.skipString(&index)
    let text = try JSONText.unescape(span, (start + 1)..<(index - 1))
    next = text.isEmpty ? nil : text
  }

  private enum Key { case collection, wrapper, next, error, other }

  private func key(_ span: RawSpan, _ start: Int) -> Key {
    if span.matches(start, "value\"") || span.matches(start, "results\"") { return .collection }
    if span.matches(start, "d\"") { return .wrapper }
    if span.matches(start, "@odata.nextLink\"") || span.matches(start, "odata.nextLink\"")
      || span.matches(start, "__next\"")
    {
      return .next
    }
    return span.matches(start, "error\"") || span.matches(start, "odata.error\"") ? .error : .other
  }
}
