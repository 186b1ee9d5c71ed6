// What `verify` counts, and how exactly.

internal import IntakeCore
internal import IntakeTesting
import Testing

@testable internal import message_trace

@Suite struct VerifyTests {
  @Test("repeats are counted exactly, whether they fit into memory or not", arguments: [1, 7, 64, 4_096])
  func repeats(_ pieceSize: Int) throws {
    var random = SeededRandom(seed: 17)
    var counted = RepeatedIdentities(pieceSize: pieceSize)
    var seen: Set<Identity> = []
    var expected = 0
    for number in 0..<20_000 {
      // Few bits, so that many repeat; zero, which marks an empty place, among them.
      let identity = Identity(
        high: number % 3 == 0 ? random.next() & 0xFF : random.next(), low: number % 3 == 0 ? 0 : random.next() & 0xF)
      if !seen.insert(identity).inserted { expected += 1 }
      try counted.add(identity)
    }
    #expect(expected > 1_000)
    #expect(try counted.finish() == expected)
  }

  @Test("no identity is no repeat, one neither, the same twice is one")
  func few() throws {
    for (identities, repeats) in [([], 0), ([0], 0), ([0, 0], 1), ([5, 0, 5, 5], 2)] as [([UInt64], Int)] {
      var counted = RepeatedIdentities()
      for identity in identities { try counted.add(Identity(high: identity, low: identity)) }
      #expect(try counted.finish() == repeats)
    }
  }

  @Test("ids repeat only where they are spelled the same")
  func spelling() throws {
    let id = "00ff00ff00ff00ff00ff00ff00ff00ff"
    for (other, repeats) in [(id, 1), ("00FF00ff00ff00ff00ff00ff00ff00ff", 0), (String(id.dropLast()), 0), ("x", 0)] {
      let text = try Self.audit(#"{"event.id":"\#(id)"}"#, #"{"event.id":"\#(other)"}"#)
      #expect(text.contains("repeated event ids  \(repeats)\n"), "\(other): \(text)")
    }
  }

  @Test(
    "a line is good if and only if a strict reader takes it",
    arguments: [
      (#"{"a":"b"}"#, true), (#"{}"#, true), (#" { "a" : [ 1 , -2.5e+3 , true , null , { } ] } "#, true),
      (#"{"a":"\n\u00fc\\\"\/"}"#, true), (#"{"ü":"ü"}"#, true), (#"{"a":{"b":{"c":"\t"}}}"#, true),
      (#"{"a":"\x"}"#, false), (#"{"a":"\u00g0"}"#, false), (#"{"a":["\u12"]}"#, false), (#"{"\q":1}"#, false),
      ("{\"a\":\"\t\"}", false), ("{\"a\t\":1}", false), ("{\"a\":{\"b\":\"\u{1}\"}}", false),
      (#"{"a":1,}"#, false), (#"{"a":1"b":2}"#, false), (#"{"a":01}"#, false), (#"{"a":1.}"#, false), ("{", false),
      (#"{"a":tru}"#, false), (#"{"a":[1,]}"#, false), (#"{"a":1}x"#, false), (#"["a"]"#, false), ("", false),
      (#"{"a":"b}"#, false), (#"{"a"}"#, false), (#"{a:1}"#, false), (#"{"a":{"b":1]}"#, false),
    ])
  func strict(_ line: String, _ isGood: Bool) throws {
    #expect(try Self.audit(line).contains("invalid lines       \(isGood ? 0 : 1)\n"), "\(line)")
  }

  @Test("bytes that are not UTF-8 make a line invalid, in names as in values")
  func encoding() throws {
    for bytes in [[0x22, 0xC3, 0x28, 0x22, 0x3A, 0x31], [0x22, 0x61, 0x22, 0x3A, 0x22, 0xED, 0xA0, 0x80, 0x22]] {
      var audit = EventAudit()
      let line = [UInt8(ascii: "{")] + bytes.map { UInt8($0) } + [UInt8(ascii: "}")]
      try audit.take(unsafe line.span.bytes, .lineFeed)
      #expect(audit.invalid == 1)
    }
  }

  @Test("read times count once each, in any order, and are let go beyond a bound")
  func times() {
    var times = BatchTimes(most: 8)
    #expect(times.text.isEmpty)
    for seconds in [100, 40, 100, 40, 40, 100, 40, 100, 40, 100, 40, 100, 90] as [Int64] {
      times.add(Instant(seconds: seconds))
    }
    #expect(times.text.hasPrefix("batches             3, read from 1970-01-01T00:00:40.000Z to 1970-01-01T00:01:40"))
    #expect(times.text.contains("longest pause       50s, from 1970-01-01T00:00:40"), "\(times.text)")
    for seconds in 0..<50 as Range<Int64> { times.add(Instant(seconds: seconds)) }
    #expect(times.text == "batches             more than 8\n")
  }

  private static func audit(_ lines: String...) throws -> String {
    var audit = EventAudit()
    for line in lines.map({ Array($0.utf8) }) { try audit.take(unsafe line.span.bytes, .lineFeed) }
    try audit.finish()
    return audit.text
  }
}
