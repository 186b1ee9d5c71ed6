// One line of `rejected.ndjson`.

package import IntakeCore

/// `{"at":…,"sink":…,"id":…,"received":…,"reason":…,"event":…}`: an event that is a JSON object stands as it is, any other
/// as a string.
package struct RejectedLine: Sendable, Equatable {
  /// When it was set aside.
  package var at: Instant
  package var letter: DeadLetter

  init(_ letter: DeadLetter, at: Instant) {
    self.letter = letter
    self.at = at
  }

  /// nil for a line that is none: torn by a crash, or written by somebody else.
  package init?(_ line: RawSpan) {
    var members: [String: Range<Int>] = [:]
    var index = 0
    do throws(JSONFault) {
      try line.forEachMember(&index) { key, index throws(JSONFault) in
        let start = index
        try line.skipLoosely(&index)
        members[String(decoding: key.map { line.byte($0) }, as: UTF8.self)] = start..<index
      }
    } catch {
      return nil
    }
    func text(_ name: String) -> String? {
      guard let range = members[name], line.byte(range.lowerBound) == .quote else { return nil }
      return try? JSONText.unescape(line, (range.lowerBound + 1)..<(range.upperBound - 1))
    }
    guard let at = text("at").flatMap({ Timestamp.parse($0) }), let sink = text("sink"),
      let identity = text("id").flatMap({ Identity(hex: $0) }),
      let received = text("received").flatMap({ Timestamp.parse($0) }), let event = members["event"]
    else { return nil }
    self.at = at
    letter = DeadLetter(
      sink: sink, identity: identity, received: received, reason: text("reason") ?? "",
      event: text("event").map { Array($0.utf8) } ?? event.map { line.byte($0) })
  }

  /// The line as it stands in the file.
  package var text: String {
    var bytes: [UInt8] = []
    append(to: &bytes)
    return String(decoding: bytes, as: UTF8.self)
  }

  /// With its LF.
  func append(to output: inout [UInt8]) {
    let members: [(String, String)] = [
      ("at", Timestamp.text(at)), ("sink", letter.sink), ("id", letter.identity.hex),
      ("received", Timestamp.exactText(letter.received)), ("reason", letter.reason),
    ]
    output.append(.openBrace)
    for (name, value) in members {
      JSONText.append(name, to: &output)
      output.append(.colon)
      JSONText.append(value, to: &output)
      output.append(.comma)
    }
    output.append(contentsOf: Array(#""event":"#.utf8))
    if Self.isObject(letter.event) {
      output.append(contentsOf: letter.event)
    } else {
      JSONText.append(String(decoding: letter.event, as: UTF8.self), to: &output)
    }
    output.append(.closeBrace)
    output.append(.lineFeed)
  }

  private static func isObject(_ bytes: [UInt8]) -> Bool {
    let span = unsafe bytes.span.bytes
    var index = 0
    guard span.byte(0) == .openBrace, (try? span.skipValue(&index)) != nil else { return false }
    return index == bytes.count && !bytes.contains(.lineFeed)
  }
}

extension Identity {
  /// From 32 hex digits.
  init?(hex: String) {
    guard hex.utf8.count == 32, let high = UInt64(hex.prefix(16), radix: 16),
      let low = UInt64(hex.dropFirst(16), radix: 16)
    else { return nil }
    self.init(high: high, low: low)
  }
}
