// A reader of syslog that forgives nothing: the grammars of RFC 6587 (framing), RFC 5424 section 6 and RFC 3164 section 4.

internal import IntakeCore

@testable import Sinks

struct StrictSyslog {
  /// What a message says.
  struct Message {
    var priority: Int
    /// The `id` of its structured data; nil in RFC 3164, which has none.
    var id: ArraySlice<UInt8>?
    var json: ArraySlice<UInt8>
  }

  struct Malformed: Error, Equatable {
    var offset: Int
    var what: String
  }

  private let bytes: [UInt8]
  private var at = 0

  /// Every message of a stream, or the one of a datagram where `framing` is nil.
  static func messages(
    _ stream: [UInt8], _ format: SyslogOptions.Format, _ framing: SyslogOptions.Framing?
  ) throws(Malformed) -> [Message] {
    var reader = StrictSyslog(bytes: stream)
    var messages: [Message] = []
    repeat {
      let end = try reader.frame(framing)
      messages.append(format == .rfc5424 ? try reader.modern(end) : try reader.old(end))
      if framing == .newline { try reader.take("\n") }
    } while reader.at < stream.count
    return messages
  }

  /// Where the frame at hand ends.
  private mutating func frame(_ framing: SyslogOptions.Framing?) throws(Malformed) -> Int {
    switch framing {
    case .octetCounting:
      guard peek != UInt8(ascii: "0") else { throw fault("MSG-LEN begins with 0") }
      let length = try number(digits: 1...9)
      try take(" ")
      guard at + length <= bytes.count else { throw fault("the stream ends within a frame") }
      return at + length
    case .newline:
      guard let end = bytes[at...].firstIndex(of: 0x0A) else { throw fault("the stream ends within a line") }
      return end
    case nil: return bytes.count
    }
  }

  /// HEADER SP STRUCTURED-DATA SP MSG.
  private mutating func modern(_ end: Int) throws(Malformed) -> Message {
    let priority = try priority()
    try take("1 ")
    if peek == UInt8(ascii: "-") { try take("-") } else { try timestamp() }
    try take(" ")
    for longest in [255, 48, 128, 32] {
      _ = try printable(1...longest)
      try take(" ")
    }
    let id = try structuredData()
    try take(" ")
    return Message(priority: priority, id: id, json: try json(end))
  }

  /// `<PRI>Mmm dd hh:mm:ss HOST TAG[PID]: CONTENT`.
  private mutating func old(_ end: Int) throws(Malformed) -> Message {
    let priority = try priority()
    let month = String(decoding: bytes[at..<min(at + 3, bytes.count)], as: UTF8.self)
    let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
    guard months.contains(month) else { throw fault("no month") }
    at += 3
    try take(" ")
    if peek == 0x20 { at += 1 }
    guard (1...31).contains(try number(digits: 1...2)) else { throw fault("no day") }
    try take(" ")
    for (last, behind) in [(23, ":"), (59, ":"), (59, " ")] as [(Int, StaticString)] {
      guard (0...last).contains(try number(digits: 2...2)) else { throw fault("no time") }
      try take(behind)
    }
    _ = try printable(1...255)
    try take(" ")
    while peek != UInt8(ascii: "["), (33...126).contains(peek) { at += 1 }
    try take("[")
    _ = try number(digits: 1...10)
    try take("]: ")
    return Message(priority: priority, id: nil, json: try json(end))
  }

  private mutating func priority() throws(Malformed) -> Int {
    try take("<")
    let start = at
    let value = try number(digits: 1...3)
    guard value <= 191, bytes[start] != UInt8(ascii: "0") || at == start + 1 else { throw fault("no PRIVAL") }
    try take(">")
    return value
  }

  /// FULL-DATE "T" FULL-TIME, with at most six digits of a fraction.
  private mutating func timestamp() throws(Malformed) {
    let text = try printable(20...32)
    let fraction = text.drop { $0 != UInt8(ascii: ".") }.dropFirst().prefix { (0x30...0x39).contains($0) }
    guard Timestamp.parse(String(decoding: text, as: UTF8.self)) != nil, fraction.count <= 6,
      text.last == UInt8(ascii: "Z")
    else { throw fault("no TIMESTAMP") }
  }

  /// One element with one parameter is all that we write; its value may hold anything but `"`, `\` and `]`.
  private mutating func structuredData() throws(Malformed) -> ArraySlice<UInt8> {
    try take("[event@32473 id=\"")
    let start = at
    while peek >= 0x20, ![0x22, 0x5C, 0x5D, 0x7F].contains(peek) { at += 1 }
    let value = bytes[start..<at]
    try take("\"]")
    return value
  }

  /// One JSON object to the end of the frame, in visible ASCII.
  private mutating func json(_ end: Int) throws(Malformed) -> ArraySlice<UInt8> {
    let text = bytes[at..<end]
    guard text.allSatisfy({ (0x20...0x7E).contains($0) }) else { throw fault("a byte that is no visible ASCII") }
    var index = 0
    let message = Array(text)
    guard message.first == 0x7B, (try? unsafe message.span.bytes.skipValue(&index)) != nil, index == message.count
    else { throw fault("no JSON object") }
    at = end
    return text
  }

  private var peek: UInt8 { at < bytes.count ? bytes[at] : 0 }

  private mutating func take(_ text: StaticString) throws(Malformed) {
    guard unsafe bytes.span.bytes.matches(at, text) else { throw fault("\(text) is missing") }
    at += text.utf8CodeUnitCount
  }

  private mutating func number(digits: ClosedRange<Int>) throws(Malformed) -> Int {
    let start = at
    var value = 0
    while (0x30...0x39).contains(peek), at - start < digits.upperBound {
      value = value * 10 + Int(peek - 0x30)
      at += 1
    }
    guard at - start >= digits.lowerBound else { throw fault("no number") }
    return value
  }

  private mutating func printable(_ length: ClosedRange<Int>) throws(Malformed) -> ArraySlice<UInt8> {
    let start = at
    while (33...126).contains(peek) { at += 1 }
    guard length.contains(at - start) else { throw fault("\(at - start) printable characters") }
    return bytes[start..<at]
  }

  private func fault(_ what: String) -> Malformed { Malformed(offset: at, what: what) }
}
