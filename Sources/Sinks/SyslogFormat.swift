// Events as syslog messages: RFC 5424, or RFC 3164 for receivers that know nothing else.
//
// Header fields come from the configuration and from us, never from mail. The message is the event's JSON in seven bits:
// other characters go as \u escapes, so it needs no byte order mark (RFC 5424 section 6.4), means the same everywhere,
// and holds no line feed that could end a frame.

internal import Glibc
internal import IntakeCore

/// Writes one frame after the other.
struct SyslogFormat: Sendable {
  private let options: SyslogOptions
  private let framing: SyslogOptions.Framing?
  private let hostname: [UInt8]
  private let process: [UInt8]

  /// - Parameter framing: nil for datagrams, which are frames already.
  init(_ options: SyslogOptions, framing: SyslogOptions.Framing?) {
    self.options = options
    self.framing = framing
    hostname = Array((options.hostname ?? Self.ownName()).utf8)
    process = Array("\(getpid())".utf8)
  }

  /// Appends the frame of one event.
  /// - Parameter line: its JSON, with or without LF.
  func append(_ line: ArraySlice<UInt8>, _ entry: Batch.Entry, to output: inout [UInt8]) {
    let head = header(entry, isFailure: Self.isFailure(line))
    var message = SevenBitText.of(line.last == 0x0A ? line.dropLast() : line)
    let room = options.maxBytes - head.count
    if message.count > room { message = EventShrinking.shrink(message, to: room) }
    switch framing {
    case .octetCounting:
      output.append(contentsOf: Array("\(head.count + message.count) ".utf8))
      output.append(contentsOf: head)
      output.append(contentsOf: message)
    case .newline:
      output.append(contentsOf: head)
      output.append(contentsOf: message)
      output.append(0x0A)
    case nil:
      output.append(contentsOf: head)
      output.append(contentsOf: message)
    }
  }

  private func header(_ entry: Batch.Entry, isFailure: Bool) -> [UInt8] {
    let priority = options.facility * 8 + (isFailure ? 4 : 6)
    switch options.format {
    case .rfc5424:
      var head = Array("<\(priority)>1 ".utf8)
      if entry.received >= .earliest && entry.received <= .latest {
        Timestamp.append(entry.received, to: &head)
      } else {
        head.append(UInt8(ascii: "-"))
      }
      head.append(0x20)
      head.append(contentsOf: hostname)
      head.append(contentsOf: Array(" \(options.appName) ".utf8))
      head.append(contentsOf: process)
      head.append(contentsOf: Array(" o365.message_trace [event@32473 id=\"\(entry.identity.hex)\"] ".utf8))
      return head
    case .rfc3164:
      var head = Array("<\(priority)>\(Self.oldTime(entry.received)) ".utf8)
      head.append(contentsOf: hostname)
      head.append(contentsOf: Array(" \(options.appName)[".utf8))
      head.append(contentsOf: process)
      head.append(contentsOf: Array("]: ".utf8))
      return head
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

  /// Our own writer puts outcome as a top-level member; inside a JSON string its quotes would be escaped.
  private static func isFailure(_ line: ArraySlice<UInt8>) -> Bool { failureMember.occurs(in: line) }

  private static let failureMember = BytePattern("\"event.outcome\":\"failure\"")

  private static func ownName() -> String {
    var characters = [CChar](repeating: 0, count: 256)
    guard unsafe gethostname(&characters, characters.count - 1) == 0 else { return "-" }
    let name = characters.prefix { $0 != 0 }.map(UInt8.init(bitPattern:))
    guard !name.isEmpty, name.allSatisfy({ (33...126).contains($0) }) else { return "-" }
    return String(decoding: name, as: UTF8.self)
  }
}

/// A few bytes that are looked for in many.
struct BytePattern: Sendable {
  private let bytes: [UInt8]

  init(_ text: String) { bytes = Array(text.utf8) }

  func occurs(in text: ArraySlice<UInt8>) -> Bool {
    guard let first = bytes.first, text.count >= bytes.count else { return bytes.isEmpty }
    let last = text.endIndex - bytes.count
    var at = text.startIndex
    while at <= last {
      if text[at] == first, text[at..<(at + bytes.count)].elementsEqual(bytes) { return true }
      at += 1
    }
    return false
  }
}

/// JSON with every character above U+007F as an escape.
enum SevenBitText {
  static func of(_ json: ArraySlice<UInt8>) -> [UInt8] {
    guard !json.allSatisfy({ $0 < 0x80 }) else { return Array(json) }
    var output: [UInt8] = []
    output.reserveCapacity(json.count * 2)
    for scalar in String(decoding: json, as: UTF8.self).unicodeScalars {
      if scalar.isASCII {
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
