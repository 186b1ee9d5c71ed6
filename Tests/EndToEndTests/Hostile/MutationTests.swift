// Damaged input through the real binary: every command ends with an exit status of its own, none by a signal or a trap.
//
// Bounded here. Under AddressSanitizer, with 50,000 inputs for each of the four commands:
//     swift build --sanitize address --product message-trace --scratch-path .build/asan
//     MESSAGE_TRACE_HOSTILE=50000 MESSAGE_TRACE_PROGRAM=.build/asan/debug/message-trace swift test --filter MutationTests

internal import Glibc
internal import IntakeCore
internal import IntakeTesting
import Testing

@Suite(.serialized, .ownThreads) struct MutationTests {
  private static func variable(_ name: String) -> String? {
    unsafe getenv(name).map { unsafe String(cString: $0) }
  }

  /// Damaged rows for each command.
  static let count = variable("MESSAGE_TRACE_HOSTILE").flatMap { Int($0) } ?? 500
  private static let program = variable("MESSAGE_TRACE_PROGRAM") ?? Program.path
  private static let rowsInPage = max(250, count / 20)

  private static let seeds = [
    #"{"id":"eaaafa9a-788c-47f0-357c-08de5bf702e0","messageId":"<a@b>","status":"failed","receivedDateTime":"2026-01-25T09:49:19.648Z","recipientAddress":"aaa@bbb.example","senderAddress":"AlexW@contoso.com","subject":"M\u00e9eting \ud83d\ude00","size":25249,"fromIP":"89.177.230.109","toIP":"","odd":{"a":[1,{"b":null}]}}"#,
    #"{"Organization":"contoso.com","MessageId":"<a@b>","Received":"/Date(1769334559648)/","SenderAddress":"a@b.c","RecipientAddress":"c@d.e","Subject":"x","Status":"Failed","ToIP":null,"FromIP":"::1","Size":-1,"MessageTraceId":"eaaafa9a-788c-47f0-357c-08de5bf702e0","Index":0}"#,
    #"{"id":"1","receivedDateTime":"2026-01-25T09:49:19Z","senderEmail":"a@b.c","recipients":[{"recipientEmail":"c@d.e","deliveryStatus":"delivered"},{"recipientEmail":"f@g.h"}]}"#,
  ]
  private static let events = [
    #"{"@timestamp":"2026-01-25T09:49:19.648Z","event.id":"c1bb64d958259ba73ed7a9459ffcf80e","event.kind":"event","event.created":"2026-01-25T09:51:00.002Z","event.action":"failed","event.outcome":"failure","email.from.address":["a@b.c"],"email.to.address":["c@d.e"],"email.direction":"inbound","destination.domain":"d.e"}"#
  ]

  private static func damaged(_ seeds: [String], _ random: inout SeededRandom) -> [UInt8] {
    var bytes = Array(random.pick(seeds).utf8)
    let pieces = [
      "\"", "\\", "{", "}", "[", "]", ",", ":", "\\ud800", "1e999", "\u{0}", "\u{202E}", "\r\n", "}}", "[[[[",
    ]
    for _ in 0...random.below(3) {
      let at = random.below(max(1, bytes.count))
      switch random.below(5) {
      case 0 where !bytes.isEmpty: bytes[at] = UInt8(truncatingIfNeeded: random.next())
      case 1: bytes.insert(contentsOf: Array(random.pick(pieces).utf8), at: min(at, bytes.count))
      case 2 where bytes.count > 2: bytes.removeSubrange(at..<min(bytes.count, at + random.below(40)))
      case 3: bytes.insert(contentsOf: bytes[at..<min(bytes.count, at + random.below(60))], at: min(at, bytes.count))
      default: bytes.append(UInt8(truncatingIfNeeded: random.next()))
      }
    }
    return bytes
  }

  private static func lines(_ seeds: [String], _ random: inout SeededRandom) -> [UInt8] {
    var bytes = Array((seeds[0] + "\n").utf8)
    for _ in 0..<count {
      bytes += damaged(seeds, &random)
      bytes.append(0x0A)
    }
    return bytes
  }

  /// Pages of rows, one in ten of them damaged as a whole.
  private static func pages(_ random: inout SeededRandom) -> [[UInt8]] {
    stride(from: 0, to: count, by: rowsInPage).map { _ in
      var page = Array("{\"value\":[".utf8)
      for index in 0..<rowsInPage {
        if index > 0 { page.append(0x2C) }
        let row = damaged(seeds, &random)
        page += isWhole(row) ? row : Array(random.pick(seeds).utf8)
      }
      page += Array("]}".utf8)
      return random.below(10) == 0 ? damaged([String(decoding: page, as: UTF8.self)], &random) : page
    }
  }

  /// True if a damaged row leaves its page in one piece.
  private static func isWhole(_ row: [UInt8]) -> Bool {
    var index = 0
    let isSkipped = (try? unsafe row.span.bytes.skipLoosely(&index)) != nil
    return isSkipped && index == row.count
  }

  private func expectWellEnded(_ arguments: [String]) throws {
    let result = try TestProgram([Self.program] + arguments, environment: [:]).capture()
    #expect([0, 65, 75, 76, 78].contains(result.status), "\(arguments[0]): \(result.status) \(result.errors)")
    #expect(!result.errors.contains("Sanitizer") && !result.errors.contains("Fatal error"), "\(result.errors)")
  }

  @Test("normalise, report and verify end by themselves on damaged lines", arguments: [1, 2, 3] as [UInt64])
  func files(_ seed: UInt64) throws {
    var random = SeededRandom(seed: seed)
    let folder = try ScratchFolder()
    let rows = try folder.write(Self.lines(Self.seeds, &random), to: "rows.ndjson")
    try expectWellEnded(["normalise", rows])
    let events = try folder.write(Self.lines(Self.events, &random), to: "events.ndjson")
    try expectWellEnded(["report", events])
    try expectWellEnded(["verify", events])
  }

  @Test("collect and query end by themselves on damaged pages", arguments: ["collect", "query"])
  func service(_ command: String) throws {
    var random = SeededRandom(seed: 7)
    for page in Self.pages(&random) {
      let service = try HostileService { _, _ in .answer(page) }
      var arguments = service.arguments(command).filter { command == "collect" || ($0 != "--since" && $0 != "1h") }
      if command == "query" { arguments += ["--format", "ndjson"] }
      // `check` reads a damaged page once; collecting would try it again for a minute.
      if ((try? Envelope(page)) ?? nil) == nil {
        arguments = ["check"] + service.arguments().dropFirst()
      }
      try expectWellEnded(arguments)
    }
  }
}
