// The counts of `verify`: invalid lines, repeated event ids, pauses between batches.

internal import IntakeCore

/// Counts over all files of one run. Memory is bounded, whatever they hold.
struct EventAudit: ~Copyable {
  private(set) var invalid = 0
  private(set) var repeated = 0
  private var lines = 0
  private var withoutID = 0
  private var identities = RepeatedIdentities()
  private var rows = RawIdentities()
  private var batches = BatchTimes()

  /// - Throws: what the file for identities gives, once there are millions of them.
  mutating func take(_ line: RawSpan, _ ending: LineReader.Ending) throws(Failure) {
    lines += 1
    guard ending == .lineFeed, let audited = AuditedLine(line) else {
      invalid += 1
      return
    }
    if let created = audited.created.flatMap({ Timestamp.parse(line, $0) }) { batches.add(created) }
    guard let identity = audited.id.map({ Self.identity(line, $0) }) ?? rows.identity(of: line) else {
      withoutID += 1
      return
    }
    try identities.add(identity)
  }

  /// Call it once, after the last line.
  mutating func finish() throws(Failure) { repeated = try identities.finish() }

  /// Our ids are 32 hex digits and stand for themselves; what is spelled otherwise is hashed.
  private static func identity(_ line: RawSpan, _ id: Range<Int>) -> Identity {
    if id.count == 32, let high = hex(line, id.lowerBound), let low = hex(line, id.lowerBound + 16) {
      return Identity(high: high, low: low)
    }
    var hash = SHA256()
    for index in id { hash.update(line.byte(index)) }
    let words = hash.finish()
    return Identity(high: words.0, low: words.1)
  }

  /// Sixteen lower-case digits.
  @inline(__always)
  private static func hex(_ line: RawSpan, _ start: Int) -> UInt64? {
    var word: UInt64 = 0
    for index in start..<(start + 16) {
      let byte = line.byte(index)
      let (digit, letter) = (byte &- 0x30, byte &- 0x61)
      guard digit <= 9 || letter < 6 else { return nil }
      word = word << 4 | UInt64(digit <= 9 ? digit : letter + 10)
    }
    return word
  }

  /// One line per figure; ends with LF.
  var text: String {
    """
    lines               \(lines)
    invalid lines       \(invalid)
    without event.id    \(withoutID)
    repeated event ids  \(repeated)

    """ + batches.text
  }
}

/// The positions of event id and creation time in a line, in any profile.
private struct AuditedLine {
  var id: Range<Int>?
  var created: Range<Int>?

  /// nil if the line is not one JSON object of UTF-8.
  init?(_ line: RawSpan) {
    var flags: JSONStringFlags = []
    do throws(JSONFault) {
      try line.checkObject(&flags) { note(line, key: $0.lowerBound, value: $1) }
    } catch { return nil }
    if flags.contains(.control) || flags.contains(.nonASCII) && !Self.isUTF8(line) { return nil }
    if flags.contains(.escaped), !Self.hasKnownEscapes(line) { return nil }
  }

  private static func isUTF8(_ line: RawSpan) -> Bool {
    unsafe (try? UTF8Span(validating: line._unsafeView(as: UInt8.self))) != nil
  }

  /// Backslashes stand in strings only, which was seen before.
  private static func hasKnownEscapes(_ line: RawSpan) -> Bool {
    var index = line.firstIndex(of: .backslash, from: 0)
    while index < line.byteCount {
      switch line.byte(index + 1) {
      case 0x22, 0x5C, 0x2F, 0x62, 0x66, 0x6E, 0x72, 0x74: index += 2
      case 0x75:
        for offset in 2...5 where JSONText.hexDigit(line.byte(index + offset)) == nil { return false }
        index += 6
      default: return false
      }
      index = line.firstIndex(of: .backslash, from: index)
    }
    return true
  }

  @inline(__always)
  private mutating func note(_ line: RawSpan, key: Int, value: Range<Int>) {
    switch line.byte(key) {
    case UInt8(ascii: "e"), UInt8(ascii: "c"), UInt8(ascii: "m"): noteText(line, key: key, value: value)
    default: return
    }
  }

  private mutating func noteText(_ line: RawSpan, key: Int, value: Range<Int>) {
    if line.byte(value.lowerBound) == .openBrace, line.matches(key, "metadata\"") {
      return noteMetadata(line, value.lowerBound)
    }
    guard value.count > 2, line.byte(value.lowerBound) == .quote else { return }
    let content = (value.lowerBound + 1)..<(value.upperBound - 1)
    switch line.byte(key) {
    case UInt8(ascii: "e") where line.byte(key + 5) == UInt8(ascii: ".") || line.byte(key + 5) == UInt8(ascii: "_"):
      if line.matches(key, "event.id\"") || line.matches(key, "event_id\"") { id = content }
      if line.matches(key, "event.created\"") { created = content }
    case UInt8(ascii: "c"):
      if line.matches(key, "created\"") { created = content }
    case UInt8(ascii: "m"):
      if line.matches(key, "metadata.product_log_id\"") { id = content }
      if line.matches(key, "metadata.collected_timestamp\"") { created = content }
    default: break
    }
  }

  /// The same two of a nested event of the profile udm-flat; the object has been read as whole before.
  private mutating func noteMetadata(_ line: RawSpan, _ start: Int) {
    var index = start
    try? line.forEachMember(&index) { key, index throws(JSONFault) in
      let value = index
      try line.skipValue(&index, depth: 2)
      guard index > value + 2, line.byte(value) == .quote else { return }
      if line.matches(key.lowerBound, "product_log_id\"") { id = (value + 1)..<(index - 1) }
      if line.matches(key.lowerBound, "collected_timestamp\"") { created = (value + 1)..<(index - 1) }
    }
  }
}
