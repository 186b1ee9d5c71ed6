// The values of one event that a report needs, found by byte; the rest is skipped.

internal import IntakeCore

/// The places of the values in a line.
struct EventLine {
  enum Field: Int, CaseIterable {
    case timestamp, created, kind, dataset, action, direction, sender, recipient, subject, message
  }

  /// The content of a string, without its quotes.
  struct Piece {
    var range: Range<Int>
    var isEscaped: Bool
  }

  private var pieces = InlineArray<10, Piece?>(repeating: nil)

  /// The tenant's name.
  private(set) var tenant: Piece?

  /// True if the object has one of the names that events of the profiles ecs, sekoia, cim and udm-flat have.
  private(set) var isEvent = false

  subscript(_ field: Field) -> Piece? { pieces[field.rawValue] }

  /// Finds the values of the object that fills the line; throws where that is no JSON object.
  mutating func find(in span: RawSpan) throws(JSONFault) {
    pieces = InlineArray(repeating: nil)
    isEvent = false
    var index = 0
    span.skipSpace(&index)
    tenant = nil
    try span.forEachMember(&index) { key, index throws(JSONFault) in
      if let field = Self.field(span, key.lowerBound) {
        isEvent = true
        try take(field, span, &index)
      } else if let (field, isOwn) = ProfileNames.field(span, key.lowerBound) {
        isEvent = isEvent || isOwn
        try take(field, span, &index)
      } else if ProfileNames.isTenant(span, key.lowerBound), span.byte(index) == .quote {
        let start = index + 1
        let flags = try span.skipString(&index)
        tenant = Piece(range: start..<(index - 1), isEscaped: flags.contains(.escaped))
      } else {
        try span.skipValue(&index, depth: 1)
      }
    }
    span.skipSpace(&index)
    guard index == span.byteCount else { throw JSONFault(index, .trailingBytes) }
  }

  /// The text of a field, escapes resolved; nil where it is missing or not to be read.
  func text(_ field: Field, _ span: RawSpan) -> String? {
    guard let piece = self[field] else { return nil }
    return try? JSONText.unescape(span, piece.range)
  }

  /// An instant, nil where it is missing or none.
  func instant(_ field: Field, _ span: RawSpan) -> Instant? {
    guard let piece = self[field], !piece.isEscaped else { return nil }
    return Timestamp.parse(span, piece.range)
  }

  /// A string, or the first string of an array.
  private mutating func take(_ field: Field, _ span: RawSpan, _ index: inout Int) throws(JSONFault) {
    var inside = index
    if span.byte(index) == .quote {
      let flags = try span.skipString(&index)
      pieces[field.rawValue] = Piece(range: (inside + 1)..<(index - 1), isEscaped: flags.contains(.escaped))
      return
    }
    try span.skipValue(&index, depth: 1)
    if span.byte(inside) == .openBracket {
      inside += 1
      span.skipSpace(&inside)
    }
    guard span.byte(inside) == .quote else { return }
    let start = inside + 1
    let flags = try span.skipString(&inside)
    guard inside <= index else { return }
    pieces[field.rawValue] = Piece(range: start..<(inside - 1), isEscaped: flags.contains(.escaped))
  }

  /// The field of the key at `key`; the letter after the common prefix distinguishes most of them.
  private static func field(_ span: RawSpan, _ key: Int) -> Field? {
    switch span.byte(key) {
    case UInt8(ascii: "@"): span.matches(key, "@timestamp\"") ? .timestamp : nil
    case UInt8(ascii: "m"): span.matches(key, "message\"") ? .message : nil
    case UInt8(ascii: "e") where span.byte(key + 1) == UInt8(ascii: "v"): eventField(span, key)
    case UInt8(ascii: "e") where span.byte(key + 1) == UInt8(ascii: "m"): mailField(span, key)
    default: nil
    }
  }

  private static func eventField(_ span: RawSpan, _ key: Int) -> Field? {
    switch span.byte(key + 6) {
    case UInt8(ascii: "c"): span.matches(key, "event.created\"") ? .created : nil
    case UInt8(ascii: "k"): span.matches(key, "event.kind\"") ? .kind : nil
    case UInt8(ascii: "d"): span.matches(key, "event.dataset\"") ? .dataset : nil
    case UInt8(ascii: "a"): span.matches(key, "event.action\"") ? .action : nil
    default: nil
    }
  }

  private static func mailField(_ span: RawSpan, _ key: Int) -> Field? {
    switch span.byte(key + 6) {
    case UInt8(ascii: "d"): span.matches(key, "email.direction\"") ? .direction : nil
    case UInt8(ascii: "f"): span.matches(key, "email.from.address\"") ? .sender : nil
    case UInt8(ascii: "t"): span.matches(key, "email.to.address\"") ? .recipient : nil
    case UInt8(ascii: "s"): span.matches(key, "email.subject\"") ? .subject : nil
    default: nil
    }
  }
}
