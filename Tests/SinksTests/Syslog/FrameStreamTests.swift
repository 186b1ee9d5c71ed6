// Whatever stands in an event: every frame is one frame, by a reader that forgives nothing. A million in each framing with
// MESSAGE_TRACE_SYSLOG=long, a few thousand else.

internal import IntakeCore
internal import Testing

@testable import Sinks

@Suite("Streams of awkward events")
struct FrameStreamTests {
  static let kinds: [(SyslogOptions.Format, SyslogOptions.Framing?)] = [
    (.rfc5424, .octetCounting), (.rfc5424, .newline), (.rfc5424, nil), (.rfc3164, .octetCounting), (.rfc3164, .newline),
    (.rfc3164, nil),
  ]

  private func options(_ format: SyslogOptions.Format, _ query: String = "") throws -> SyslogOptions {
    try SyslogOptions(.udp, query: "hostname=host&format=\(format.rawValue)&\(query)", spec: "udp://test")
  }

  @Test("each is read back as what it was", arguments: Self.kinds.indices)
  func strict(_ index: Int) throws {
    let (format, framing) = Self.kinds[index]
    let total = SyslogFigures.isLong ? 1_000_000 : 4_000
    let syslog = SyslogFormat(try options(format), framing: framing)
    var events = AwkwardEvents(seed: UInt64(index))
    var (frames, shrunk) = (0, 0)
    while frames < total {
      let batch = (0..<(framing == nil ? 1 : 500)).map { _ in events.next() }
      var stream: [UInt8] = []
      for event in batch { syslog.append(event.line[...], event.entry, to: &stream) }
      let messages = try StrictSyslog.messages(stream, format, framing)
      try #require(messages.count == batch.count)
      for (event, message) in zip(batch, messages) {
        let isCut = try check(event, message, isThorough: frames % 40 == 0)
        shrunk += isCut ? 1 : 0
        frames += 1
      }
    }
    #expect(shrunk > 0 && shrunk < total / 10)
    SyslogFigures.tell(
      "strict reader, \(format.rawValue), \(framing?.rawValue ?? "datagram"): \(frames) frames, 0 errors")
  }

  /// True if the event had to shrink.
  private func check(_ event: AwkwardEvents.Event, _ message: StrictSyslog.Message, isThorough: Bool) throws -> Bool {
    try #require(message.priority == 16 * 8 + (event.isFailure ? 4 : 6))
    if let id = message.id { try #require(id.elementsEqual(event.entry.identity.hex.utf8)) }
    let isCut = message.json.suffix(27).elementsEqual(",\"labels.truncated\":\"true\"}".utf8)
    guard isThorough || isCut else { return false }
    let value = try JSONValue(parsing: Array(message.json))
    let keys = value.members?.map(\.key) ?? []
    if isCut {
      try #require(keys == ["event.id", "event.outcome", "o365.message_trace.size", "tags", "labels.truncated"])
    } else if event.isJSON {
      let original = try JSONValue(parsing: event.line)
      try #require(value.text == original.text)
    } else {
      try #require(keys == ["event.id", "email.subject", "event.outcome", "o365.message_trace.size", "tags"])
    }
    return isCut
  }

  @Test("at every size from 480 to 2,048 an event that is too long shrinks to JSON that fits and says so")
  func everySize() throws {
    var events = AwkwardEvents(seed: 7)
    for size in 480...2_048 {
      let syslog = SyslogFormat(try options(.rfc5424, "max-bytes=\(size)"), framing: nil)
      for _ in 0..<2 {
        let event = events.next()
        var datagram: [UInt8] = []
        syslog.append(event.line[...], event.entry, to: &datagram)
        try #require(datagram.count <= size)
        let message = try StrictSyslog.messages(datagram, .rfc5424, nil)[0]
        let value = try JSONValue(parsing: Array(message.json))
        var whole: [UInt8] = []
        SyslogFormat(try options(.rfc5424, "max-bytes=65507"), framing: nil).append(
          event.line[...], event.entry, to: &whole)
        try #require((value["labels.truncated"] != nil) == (whole.count > size))
      }
    }
  }

  @Test(
    "what is never dropped is dropped all the same where it alone is too long, the id last",
    arguments: [
      (#"{"event.id":"i","event.action":"LONG","a":"b"}"#, ["event.id", "labels.truncated"]),
      (#"{"event.id":"LONG","event.action":"x"}"#, ["labels.truncated"]),
      (#"{"LONG":{"event.id":1},"event.id":"i"}"#, ["event.id", "labels.truncated"]),
      (#"["LONG"]"#, ["labels.truncated"]),
    ])
  func tooLong(line: String, keys: [String]) throws {
    let long = String(repeating: "x", count: 70_000)
    let shrunk = EventShrinking.shrink(
      Array(line.split(separator: "LONG", omittingEmptySubsequences: false).joined(separator: long).utf8), to: 60)
    #expect(shrunk.count <= 60)
    #expect(try JSONValue(parsing: shrunk).members?.map(\.key) == keys)
  }
}
