// Events as syslog messages: RFC 5424, or RFC 3164 for receivers that know nothing else.
//
// Header fields come from the configuration and from us, never from mail. The message is the event's JSON in visible
// ASCII: everything else goes as \u escapes, so it needs no byte order mark (RFC 5424 section 6.4), means the same
// everywhere, and holds nothing that could end a frame.

internal import Glibc
internal import IntakeCore

/// Writes one frame after the other.
struct SyslogFormat: Sendable {
  private let format: SyslogOptions.Format
  private let maxBytes: Int
  private let framing: SyslogOptions.Framing?
  /// From `<` to the time, by severity: warning for what failed, informational for the rest.
  private let failed: [UInt8]
  private let ordinary: [UInt8]
  /// From the time to the event's id, or to the message.
  private let middle: [UInt8]

  /// - Parameter framing: nil for datagrams, which are frames already.
  init(_ options: SyslogOptions, framing: SyslogOptions.Framing?) {
    format = options.format
    maxBytes = options.maxBytes
    self.framing = framing
    let version = options.format == .rfc5424 ? "1 " : ""
    failed = Array("<\(options.facility * 8 + 4)>\(version)".utf8)
    ordinary = Array("<\(options.facility * 8 + 6)>\(version)".utf8)
    let host = options.hostname ?? Self.ownName()
    middle = Array(
      (options.format == .rfc5424
        ? " \(host) \(options.appName) \(getpid()) o365.message_trace [event@32473 id=\""
        : " \(host) \(options.appName)[\(getpid())]: ").utf8)
  }

  /// Appends the frame of one event.
  /// - Parameter line: its JSON, with or without LF.
  func append(_ line: ArraySlice<UInt8>, _ entry: Batch.Entry, to output: inout [UInt8]) {
    let line = line.last == .lineFeed ? line.dropLast() : line
    let head = header(entry)
    let room = maxBytes - head.count
    if line.count <= room, unsafe VisibleText.isVisible(line.span.bytes) {
      append(head, line, to: &output)
    } else {
      let message = VisibleText.of(line)
      append(head, message.count <= room ? message[...] : EventShrinking.shrink(message, to: room)[...], to: &output)
    }
  }

  private func append(_ head: [UInt8], _ message: ArraySlice<UInt8>, to output: inout [UInt8]) {
    if framing == .octetCounting {
      output.append(contentsOf: String(head.count + message.count).utf8)
      output.append(.space)
    }
    output.append(contentsOf: head)
    output.append(contentsOf: message)
    if framing == .newline { output.append(.lineFeed) }
  }

  private func header(_ entry: Batch.Entry) -> [UInt8] {
    var head: [UInt8] = []
    head.reserveCapacity(middle.count + 80)
    head.append(contentsOf: entry.outcome == .failure ? failed : ordinary)
    switch format {
    case .rfc5424:
      if entry.received >= .earliest && entry.received <= .latest {
        Timestamp.append(entry.received, to: &head)
      } else {
        head.append(UInt8(ascii: "-"))
      }
      head.append(contentsOf: middle)
      Self.append(hex: entry.identity.high, to: &head)
      Self.append(hex: entry.identity.low, to: &head)
      head.append(contentsOf: "\"] ".utf8)
    case .rfc3164:
      head.append(contentsOf: Self.oldTime(entry.received).utf8)
      head.append(contentsOf: middle)
    }
    return head
  }

  private static func append(hex word: UInt64, to output: inout [UInt8]) {
    for shift in stride(from: 60, through: 0, by: -4) {
      let digit = UInt8(truncatingIfNeeded: word >> UInt64(shift)) & 0xF
      output.append(digit < 10 ? 0x30 + digit : 0x57 + digit)
    }
  }

  /// RFC 3164 section 4.1.2, `Nov  1 05:06:07`, in UTC.
  private static func oldTime(_ instant: Instant) -> String {
    let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
    let text = Timestamp.text(instant)
    let month = Int(text.dropFirst(5).prefix(2)) ?? 1
    let day = Int(text.dropFirst(8).prefix(2)) ?? 1
    return "\(months[(month + 11) % 12]) \(day < 10 ? " " : "")\(day) \(text.dropFirst(11).prefix(8))"
  }

  private static func ownName() -> String {
    var characters = [CChar](repeating: 0, count: 256)
    guard unsafe gethostname(&characters, characters.count - 1) == 0 else { return "-" }
    let name = characters.prefix { $0 != 0 }.map(UInt8.init(bitPattern:))
    guard !name.isEmpty, name.allSatisfy({ (33...126).contains($0) }) else { return "-" }
    return String(decoding: name, as: UTF8.self)
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
