// Text bytes, addresses and IP addresses, each function over a table of the awkward.

import IntakeCore
import IntakeTesting
import Testing

@testable import Normaliser

@Suite("Text")
struct TextTests {
  private func written(_ text: String, limit: Int = .max) -> String {
    let bytes = Array(text.utf8)
    return String(decoding: written(bytes, limit: limit), as: UTF8.self)
  }

  private func written(_ bytes: [UInt8], limit: Int = .max) -> [UInt8] {
    var output: [UInt8] = []
    output.append(addingCapacity: bytes.count * 6 + 100) { span in
      unsafe span.withUnsafeMutableBufferPointer { buffer, count in
        guard let base = buffer.baseAddress else { return }
        var line = unsafe LineWriter(base, capacity: buffer.count)
        line.appendEscaped(unsafe bytes.span.bytes, 0, bytes.count, limit: limit)
        count = line.count
      }
    }
    return output
  }

  @Test("a text is cut at a border of a scalar, for every limit")
  func cut() throws {
    let text = "aé中😀\u{2028}\u{1}\"\\z"
    for limit in 0...text.utf8.count {
      let line = written(text, limit: limit)
      let value = try JSONValue(parsing: Array(line.utf8))
      #expect(text.hasPrefix(value.string ?? "?"))
      #expect((value.string ?? "").utf8.count >= limit)
    }
  }

  @Test("bytes that are not UTF-8 become U+FFFD for each maximal subpart, as the standard library has it")
  func invalid() {
    var random = SeededRandom(seed: 7)
    for _ in 0..<2_000 {
      let bytes = (0..<12).map { _ in random.chance(40) ? UInt8(97) : UInt8(0xA0 + random.below(0x60)) }
      let expected = "\"" + String(decoding: bytes, as: UTF8.self) + "\""
      #expect(String(decoding: written(bytes), as: UTF8.self).replacing("\\u0085", with: "\u{85}") == expected)
    }
  }

  @Test(
    "a domain is split off only where there is no doubt",
    arguments: [
      ("a@b", 1), ("a b@c.example", 3), ("\"a\"@b", 3), ("a@b.", 1), ("a@[192.0.2.1]", 1), ("ü@ü.example", 2),
      ("", nil),
      ("@", nil), ("a@", nil), ("@b", nil), ("a@b@c", nil), ("a;b@c", nil), ("<a@b>", nil), ("a@b c", nil),
      ("a@.b", nil),
      ("a\n@b", nil), ("a@b\u{0}", nil), ("a@b/c", nil),
    ])
  func split(_ text: String, _ at: Int?) {
    let bytes = Array(text.utf8)
    #expect(Address.split(unsafe bytes.span.bytes, 0, bytes.count).at == at)
  }

  @Test(
    "an IP address is one, and nothing else",
    arguments: [
      ("0.0.0.0", true), ("255.255.255.255", true), ("1.2.3.4", true), ("::", true), ("::1", true), ("1::", true),
      ("2001:db8::ff00:42:8329", true), ("1:2:3:4:5:6:7:8", true), ("::ffff:1.2.3.4", true),
      ("1:2:3:4:5:6:1.2.3.4", true),
      ("1::8", true), ("1.2.3", false), ("1.2.3.4.5", false), ("256.1.1.1", false), ("01.2.3.4", false),
      (" 1.2.3.4", false),
      ("1.2.3.4 ", false), ("1.2.3.4/8", false), ("", false), (":", false), (":::", false), ("1:2:3:4:5:6:7", false),
      ("1:2:3:4:5:6:7:8:9", false), ("1::2::3", false), ("12345::", false), ("g::", false), ("1:", false),
      (":1", false),
      ("fe80::1%eth0", false), ("[::1]", false), ("1:2:3:4:5:6:7:1.2.3.4", false), ("::1.2.3", false),
      ("1:2:3:4:5:6:7::", true),
    ])
  func ip(_ text: String, _ expected: Bool) {
    let bytes = Array(text.utf8)
    #expect(IPText.isValid(unsafe bytes.span.bytes, 0, bytes.count) == expected)
  }

  @Test("eight bytes are lower-cased as one is")
  func lowerCase() {
    var random = SeededRandom(seed: 9)
    for _ in 0..<500 {
      let word = random.next()
      var expected: UInt64 = 0
      for shift in stride(from: UInt64(0), to: 64, by: 8) {
        expected |= UInt64(ASCII.lowerCased(UInt8(truncatingIfNeeded: word >> shift))) << shift
      }
      #expect(ASCII.lowerCased(word) == expected)
    }
  }

  @Test(
    "column names become snake case",
    arguments: [
      ("FromIP", "from_ip"), ("MessageTraceId", "message_trace_id"), ("IPAddress", "ip_address"), ("a.b c", "a_b_c"),
      ("", "_"), ("already_snake", "already_snake"), ("X", "x"), ("é", "__"), ("v2Id", "v2_id"),
      ("__proto__", "__proto__"),
    ])
  func snakeCase(_ name: String, _ expected: String) { #expect(ColumnName.snakeCase(name) == expected) }

  @Test(
    "event.id is SHA-256 over the parts, at every length of them",
    arguments: [0, 1, 20, 40, 50, 60, 63, 64, 65, 120, 200, 5_000, 70_000])
  func identityLengths(_ length: Int) throws {
    let recipient = String(repeating: "R", count: length) + "@x.example"
    let row = #"{"id":"I","recipientAddress":"\#(recipient)","status":"failed"}"#
    let event = try #require(try TestInput.events([row], mapping: "graph").first)
    let digest = SHA256.digest(Array("\ni\n\(recipient.lowercased())\nfailed".utf8)).prefix(8)
    let high = digest.reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
    #expect(event["event.id"]?.string?.hasPrefix(Identity(high: high, low: 0).hex.prefix(16)) == true)
  }

  @Test("a line that does not fit its room is written again, and the ledger is asked once")
  func room() throws {
    let rows = (0..<40).map {
      #"{"id":"\#($0)","recipientAddress":"b@x","status":"failed","subject":"\#(String(repeating: "é", count: 12_000))"}"#
    }
    let batch = try TestInput.batch(TestInput.page(rows: rows), mapping: "graph")
    #expect(batch.entries.count == 40)
    #expect(batch.rows == 40)
    #expect(batch.duplicates == 0)
    #expect(Set(TestInput.lines(batch).map(\.count)).count <= 2)
  }
}
