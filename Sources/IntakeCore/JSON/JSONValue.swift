// A small JSON tree for what is read once: playbooks, mappings, checkpoints, tokens, error bodies. Never on the hot path.

/// A JSON value; objects keep their order, numbers keep their spelling.
package indirect enum JSONValue: Sendable, Equatable {
  case null
  case bool(Bool)
  case number(String)
  case string(String)
  case array([JSONValue])
  case object([Member])

  package struct Member: Sendable, Equatable {
    package var key: String
    package var value: JSONValue
    /// Byte offset of the key in the text read; 0 for values made by hand.
    package var offset: Int

    package init(_ key: String, _ value: JSONValue, offset: Int = 0) {
      self.key = key
      self.value = value
      self.offset = offset
    }
  }

  /// Parses a whole document: UTF-8, a BOM is allowed, keys must be unique, nothing may follow.
  package init(parsing bytes: [UInt8]) throws(JSONFault) {
    let span = unsafe bytes.span.bytes
    var index = span.matches(0, "\u{FEFF}") ? 3 : 0
    span.skipSpace(&index)
    self = try JSONValue.parse(span, &index, depth: 0)
    span.skipSpace(&index)
    guard index == bytes.count else { throw JSONFault(index, .trailingBytes) }
  }

  package subscript(_ key: String) -> JSONValue? {
    guard case .object(let members) = self else { return nil }
    return members.first { $0.key == key }?.value
  }

  package var string: String? {
    guard case .string(let text) = self else { return nil }
    return text
  }

  package var array: [JSONValue]? {
    guard case .array(let values) = self else { return nil }
    return values
  }

  package var members: [Member]? {
    guard case .object(let members) = self else { return nil }
    return members
  }

  package var bool: Bool? {
    guard case .bool(let value) = self else { return nil }
    return value
  }

  /// A whole number, or a string that spells one (token answers differ in that).
  package var integer: Int64? {
    switch self {
    case .number(let text), .string(let text): Int64(text)
    case .null, .bool, .array, .object: nil
    }
  }

  /// Compact JSON, one line.
  package func append(to output: inout [UInt8]) {
    switch self {
    case .null: output.append(contentsOf: Array("null".utf8))
    case .bool(let value): output.append(contentsOf: Array((value ? "true" : "false").utf8))
    case .number(let text): output.append(contentsOf: Array(text.utf8))
    case .string(let text): JSONText.append(text, to: &output)
    case .array(let values):
      output.append(.openBracket)
      for (index, value) in values.enumerated() {
        if index > 0 { output.append(.comma) }
        value.append(to: &output)
      }
      output.append(.closeBracket)
    case .object(let members):
      output.append(.openBrace)
      for (index, member) in members.enumerated() {
        if index > 0 { output.append(.comma) }
        JSONText.append(member.key, to: &output)
        output.append(.colon)
        member.value.append(to: &output)
      }
      output.append(.closeBrace)
    }
  }

  package var text: String {
    var bytes: [UInt8] = []
    append(to: &bytes)
    return String(decoding: bytes, as: UTF8.self)
  }

  private static func parse(_ span: RawSpan, _ index: inout Int, depth: Int) throws(JSONFault) -> JSONValue {
    guard depth <= RawSpan.deepest else { throw JSONFault(index, .tooDeep) }
    let start = index
    switch span.byte(index) {
    case .quote:
      return .string(try parseString(span, &index))
    case 0x2D, 0x30...0x39:
      try span.skipNumber(&index)
      return .number(try JSONText.unescape(span, start..<index))
    case .openBracket:
      return .array(try parseArray(span, &index, depth: depth))
    case .openBrace:
      return .object(try parseObject(span, &index, depth: depth))
    default:
      try span.skipLiteral(&index)
      return span.byte(start) == 0x6E ? .null : .bool(span.byte(start) == 0x74)
    }
  }

  private static func parseString(_ span: RawSpan, _ index: inout Int) throws(JSONFault) -> String {
    let start = index
    let flags = try span.skipString(&index)
    guard !flags.contains(.control) else { throw JSONFault(start, .unexpectedByte) }
    return try JSONText.unescape(span, (start + 1)..<(index - 1))
  }

  private static func parseArray(_ span: RawSpan, _ index: inout Int, depth: Int) throws(JSONFault) -> [JSONValue] {
    var values: [JSONValue] = []
    index += 1
    span.skipSpace(&index)
    if span.byte(index) == .closeBracket {
      index += 1
      return values
    }
    while true {
      values.append(try parse(span, &index, depth: depth + 1))
      guard try goesOn(span, &index) else { return values }
    }
  }

  private static func parseObject(_ span: RawSpan, _ index: inout Int, depth: Int) throws(JSONFault) -> [Member] {
    var members: [Member] = []
    var keys: Set<[UInt8]> = []
    try span.forEachMember(&index) { place, index throws(JSONFault) in
      var start = place.lowerBound - 1
      let offset = start
      let key = try parseString(span, &start)
      guard keys.insert(Array(key.utf8)).inserted else { throw JSONFault(offset, .duplicateKey) }
      members.append(Member(key, try parse(span, &index, depth: depth + 1), offset: offset))
    }
    return members
  }

  private static func goesOn(_ span: RawSpan, _ index: inout Int) throws(JSONFault) -> Bool {
    span.skipSpace(&index)
    let byte = span.byte(index)
    guard byte == .comma || byte == .closeBracket else { throw span.unexpected(index) }
    index += 1
    span.skipSpace(&index)
    return byte == .comma
  }
}
