// The counts of `verify`: invalid lines, repeated event ids, pauses between batches.

internal import IntakeCore

struct EventAudit {
  private(set) var invalid = 0
  private(set) var repeated = 0
  private var lines = 0
  private var withoutID = 0
  private var seen: Set<Identity> = []
  private var rows = RawIdentities()
  /// The read time of each batch. All events of a batch have the same time; a change starts the next batch.
  private var batches: [Instant] = []

  mutating func take(_ line: RawSpan, _ ending: LineReader.Ending) {
    lines += 1
    var fields = Fields()
    do {
      guard ending == .lineFeed else { throw JSONFault(line.byteCount, .unexpectedEnd) }
      try fields.find(in: line)
      guard Self.isUTF8(line) else { throw JSONFault(0, .notUTF8) }
      try Self.checkStrings(line)
    } catch {
      invalid += 1
      return
    }
    if let created = fields.created.flatMap({ Timestamp.parse(line, $0) }), created != batches.last {
      batches.append(created)
    }
    guard let identity = fields.id.map({ Self.identity(line, $0) }) ?? rows.identity(of: line) else {
      withoutID += 1
      return
    }
    if !seen.insert(identity).inserted { repeated += 1 }
  }

  private static func identity(_ line: RawSpan, _ id: Range<Int>) -> Identity {
    var hash = SHA256()
    for index in id { hash.update(line.byte(index)) }
    let words = hash.finish()
    return Identity(high: words.0, low: words.1)
  }

  private static func isUTF8(_ line: RawSpan) -> Bool {
    unsafe (try? UTF8Span(validating: line._unsafeView(as: UInt8.self))) != nil
  }

  /// What finding the borders of strings does not look at: control characters as they are and unknown escapes.
  private static func checkStrings(_ line: RawSpan) throws(JSONFault) {
    var isInside = false
    var index = 0
    while index < line.byteCount {
      let byte = line.byte(index)
      if byte == UInt8(ascii: "\"") {
        isInside.toggle()
      } else if isInside, byte < 0x20 {
        throw JSONFault(index, .unexpectedByte)
      } else if isInside, byte == UInt8(ascii: "\\") {
        index += 1
        try checkEscape(line, &index)
      }
      index += 1
    }
  }

  /// - Parameter index: of the byte behind the backslash; moved to the last byte of the escape.
  private static func checkEscape(_ line: RawSpan, _ index: inout Int) throws(JSONFault) {
    switch line.byte(index) {
    case 0x22, 0x5C, 0x2F, 0x62, 0x66, 0x6E, 0x72, 0x74: return
    case 0x75:
      for offset in 1...4 where JSONText.hexDigit(line.byte(index + offset)) == nil {
        throw JSONFault(index, .badEscape)
      }
      index += 4
    default: throw JSONFault(index, .badEscape)
    }
  }

  /// One line per figure; ends with LF.
  var text: String {
    """
    lines               \(lines)
    invalid lines       \(invalid)
    without event.id    \(withoutID)
    repeated event ids  \(repeated)

    """ + batchText
  }

  private var batchText: String {
    let sorted = batches.sorted()
    guard let first = sorted.first, let last = sorted.last else { return "" }
    let text =
      "batches             \(batches.count), read from \(Timestamp.text(first)) to \(Timestamp.text(last))\n"
    let pauses = zip(sorted, sorted.dropFirst()).map { (from: $0, span: $1 - $0) }
    guard let longest = pauses.max(by: { $0.span < $1.span }) else { return text }
    return text + "longest pause       \(longest.span.spoken), from \(Timestamp.text(longest.from))\n"
  }
}

/// The positions of event id and creation time in a line, in any profile.
private struct Fields {
  var id: Range<Int>?
  var created: Range<Int>?

  /// - Throws: if the line is not one JSON object.
  mutating func find(in line: RawSpan) throws(JSONFault) {
    var index = 0
    line.skipSpace(&index)
    try line.forEachMember(&index) { key, index throws(JSONFault) in
      let value = index
      try line.skipValue(&index, depth: 1)
      note(line, key: key.lowerBound, value: value..<index)
    }
    line.skipSpace(&index)
    guard index == line.byteCount else { throw JSONFault(index, .trailingBytes) }
  }

  private mutating func note(_ line: RawSpan, key: Int, value: Range<Int>) {
    if line.byte(value.lowerBound) == .openBrace, line.matches(key, "metadata\"") {
      return noteMetadata(line, value.lowerBound)
    }
    guard value.count > 2, line.byte(value.lowerBound) == .quote else { return }
    let content = (value.lowerBound + 1)..<(value.upperBound - 1)
    switch line.byte(key) {
    case UInt8(ascii: "e"):
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
