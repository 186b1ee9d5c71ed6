// Messages byte for byte, and specs as people write them.

internal import IntakeCore
internal import IntakeTesting
internal import Testing

@testable import Sinks

@Suite("Syslog messages and sink specs")
struct SyslogFormatTests {
  private func frame(_ line: String, _ query: String = "", received: Instant = Instant(seconds: 1_790_000_000)) throws
    -> String
  {
    let options = try SyslogOptions(.tcp, query: "hostname=host&" + query, spec: "tcp://test")
    let bytes = Array(line.utf8) + [0x0A]
    var entry = Batch.Entry(identity: Identity(high: 1, low: 2), received: received, end: bytes.count)
    entry.readStatus(of: unsafe bytes.span.bytes)
    var output: [UInt8] = []
    SyslogFormat(options, framing: options.framing).append(bytes[...], entry, to: &output)
    return String(decoding: output, as: UTF8.self)
  }

  @Test("RFC 5424, octet counted, severity by outcome, the event's id as structured data")
  func rfc5424() throws {
    let success = try frame(#"{"event.outcome":"success"}"#)
    let body = success.drop { $0 != " " }.dropFirst()
    #expect(success.hasPrefix("\(body.utf8.count) <134>1 2026-09-21T14:13:20.000Z host message-trace "))
    #expect(
      body.hasSuffix(
        #" o365.message_trace [event@32473 id="00000000000000010000000000000002"] {"event.outcome":"success"}"#))
    #expect(try frame(#"{"a":1,"event.outcome":"failure"}"#, "facility=auth&app-name=x").contains(" <36>1 "))
    #expect(try frame(#"{"email.subject":"\"event.outcome\":\"failure\""}"#).contains(" <134>1 "))
    #expect(try frame("{}", received: Instant(ticks: .min)).contains(" <134>1 - host "))
  }

  @Test(
    "the message is seven-bit JSON of the same meaning",
    arguments: [
      "Grüße", "日本語", "😀", #"\u0000\r\n<14>1 fake"#, "\u{2028}\u{85}", "e\u{301}",
    ])
  func sevenBit(text: String) throws {
    let line = "{\"email.subject\":\"\(text)\"}"
    let message = try frame(line)
    #expect(message.utf8.allSatisfy { (0x20...0x7E).contains($0) })
    let start = try #require(message.firstIndex(of: "{"))
    #expect(try JSONValue(parsing: Array(message[start...].utf8)) == JSONValue(parsing: Array(line.utf8)))
    #expect(try Frames.parse(Array(message.utf8)).count == 1)
  }

  @Test("an event too long loses its largest fields, stays JSON and says so")
  func shrunk() throws {
    let line =
      #"{"@timestamp":"t","event.id":"i","event.original":"\#(String(repeating: "x", count: 3_000))","email.subject":"\#(String(repeating: "é", count: 100))","a":"b"}"#
    let message = try frame(line, "max-bytes=1000&framing=newline")
    #expect(message.utf8.count <= 1_001)
    let start = try #require(message.firstIndex(of: "{"))
    let value = try JSONValue(parsing: Array(message[start...].utf8))
    #expect(value.members?.map(\.key) == ["@timestamp", "event.id", "email.subject", "a", "labels.truncated"])
    let tight = try frame(line, "max-bytes=480&framing=newline")
    #expect(tight.utf8.count <= 481 && tight.contains(#""event.id":"i""#))
  }

  @Test(
    "specs that are right",
    arguments: [
      ("stdout", "stdout"), ("file:/var/log/x.ndjson", "file:/var/log/x.ndjson"), ("file:x y?z", "file:x y?z"),
      ("tcp://siem:601", "tcp://siem:601"), ("tcp://siem:601?ack=kernel&framing=newline", "tcp://siem:601"),
      ("udp://10.0.0.1:514?rate=0", "udp://10.0.0.1:514"),
      ("tls://[2001:db8::1%25eth0]:6514?ca=%2Fa%20b", "tls://[2001:db8::1%25eth0]:6514"),
    ])
  func right(text: String, name: String) throws { #expect(try SinkSpec(parsing: text).name == name) }

  @Test(
    "specs that are wrong are told what is wrong",
    arguments: [
      ("", "must be stdout"), ("ftp://x:1", "must be stdout"), ("http://x:1", "loopback only"),
      ("file:", "the path is missing"),
      ("file:/a/", "the path is missing"),
      ("tcp://siem", "a host and a port"), ("tcp://siem:0", "a host and a port"),
      ("tcp://siem:65536", "a host and a port"),
      ("tcp://:601", "a host and a port"), ("tcp://::1:601", "a host and a port"),
      ("tcp://si em:601", "a host and a port"),
      ("tcp://siem:syslog", "a host and a port"), ("tcp://a\u{0}b:1", "a host and a port"),
      ("tcp://siem:1?framng=newline", "Did you mean framing?"),
      ("tcp://siem:1?ack=maybe", "eof, eof-strict, kernel, none"),
      ("tcp://siem:1?facility=locl0", "Did you mean local0?"), ("tcp://siem:1?ack", "has no value"),
      ("tcp://siem:1?app-name=a%20b", "visible ASCII"), ("tcp://siem:1?max-bytes=3", "from 480"),
      ("tls://siem:1?framing=newline", "is not supported for tls"), ("tcp://siem:1?ca=/x", "is not supported for tcp"),
      ("tls://siem:1?cert=/x", "must be set together"), ("udp://siem:1?max-bytes=70000", "65507"),
    ])
  func wrong(text: String, part: String) {
    #expect {
      try SinkSpec(parsing: text)
    } throws: { error in
      guard let failure = error as? Failure, let hint = failure.hint else { return false }
      return failure.exit == .configuration && (failure.sentence + hint).contains(part)
    }
  }
}
