// Events as syslog messages: RFC 5424, or RFC 3164 for older receivers.
//
// The header is in SyslogHeader.swift. The message is the event's JSON in visible ASCII: everything else goes as \u
// escapes, so it needs no byte order mark (RFC 5424 section 6.4), means the same everywhere, and holds nothing that
// could end a frame.

internal import IntakeCore

/// Writes one frame after the other.
struct SyslogFormat: Sendable {
  private let header: SyslogHeader
  private let maxBytes: Int
  private let framing: SyslogOptions.Framing?

  /// - Parameter framing: nil for datagrams, which are frames already.
  init(_ options: SyslogOptions, framing: SyslogOptions.Framing?) {
    header = SyslogHeader(options)
    maxBytes = options.maxBytes
    self.framing = framing
  }

  /// Appends the frame of one event.
  /// - Parameter line: its JSON, with or without LF.
  func append(_ line: ArraySlice<UInt8>, _ entry: Batch.Entry, to output: inout [UInt8]) {
    let line = line.last == .lineFeed ? line.dropLast() : line
    let head = header.bytes(entry)
    let room = maxBytes - head.count
    if line.count <= room, unsafe VisibleText.isVisible(line.span.bytes) {
      append(head, line, to: &output)
    } else {
      let message = VisibleText.of(line)
      append(head, message.count <= room ? message[...] : EventShrinking.shrink(message, to: room)[...], to: &output)
    }
  }

  /// Appends the frame of a copy that has lost its largest fields, and says so in `labels.truncated`.
  func appendShortened(_ line: ArraySlice<UInt8>, _ entry: Batch.Entry, to output: inout [UInt8]) {
    append(header.bytes(entry), EventShrinking.shrink(VisibleText.of(line), to: Self.shortened)[...], to: &output)
  }

  /// Bytes: room for the event's id and time.
  private static let shortened = 128

  private func append(_ head: [UInt8], _ message: ArraySlice<UInt8>, to output: inout [UInt8]) {
    if framing == .octetCounting {
      output.append(contentsOf: String(head.count + message.count).utf8)
      output.append(.space)
    }
    output.append(contentsOf: head)
    output.append(contentsOf: message)
    if framing == .newline { output.append(.lineFeed) }
  }
}

/// JSON in visible ASCII.
enum VisibleText {
  /// True if every byte is from 0x20 to 0x7E.
  static func isVisible(_ text: RawSpan) -> Bool {
    let ones: UInt64 = 0x0101_0101_0101_0101
    let highs: UInt64 = 0x8080_8080_8080_8080
    var index = 0
    while index &+ 8 <= text.byteCount {
      let word = unsafe text.unsafeLoadUnaligned(fromByteOffset: index, as: UInt64.self)
      // Set where a byte is over 0x7F, is 0x7F, or is below 0x20 and so borrows; a borrow may spread, only to say no.
      guard (word | (word &+ ones) | (word &- ones &* 0x20)) & highs == 0 else { return false }
      index &+= 8
    }
    while index < text.byteCount {
      guard (0x20...0x7E).contains(text.byte(index)) else { return false }
      index &+= 1
    }
    return true
  }

  /// The same JSON with every other character as an escape.
  static func of(_ json: ArraySlice<UInt8>) -> [UInt8] {
    guard unsafe !isVisible(json.span.bytes) else { return Array(json) }
    var output: [UInt8] = []
    output.reserveCapacity(json.count * 2)
    for scalar in String(decoding: json, as: UTF8.self).unicodeScalars {
      if (0x20...0x7E).contains(scalar.value) {
        output.append(UInt8(truncatingIfNeeded: scalar.value))
      } else {
        for unit in UTF16.encode(scalar) ?? UTF16.encodedReplacementCharacter {
          JSONText.appendUnicodeEscape(unit, to: &output)
        }
      }
    }
    return output
  }
}
