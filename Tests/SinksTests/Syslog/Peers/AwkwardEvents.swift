// Events with the texts that mail can bring, and some that only a fault of our own could let through.

internal import IntakeCore

struct AwkwardEvents {
  struct Event {
    var line: [UInt8]
    var entry: Batch.Entry
    var isFailure: Bool
    /// False if the line holds bytes that JSON forbids, so that it cannot be compared as a value.
    var isJSON: Bool
  }

  private var chance: Chance
  private var count: UInt64 = 0

  init(seed: UInt64) { chance = Chance(seed) }

  private static let pieces: [String] = [
    "plain words", "Grüße", "日本語の件名", "😀👩‍👩‍👧‍👦", "e\u{301}\u{301}\u{301}", "\u{202E}gpj.exe", "\u{2066}x\u{2069}",
    "\u{200B}",
    "\u{FEFF}", "\u{2028}\u{2029}\u{85}", "\u{9B}2J", "\u{7F}",
    #"\r\n<14>1 2026-11-21T05:06:07Z bank login - - - forged"#,
    #"\n"#, #"\u0000"#, #"\u001b[2J\u001b]52;c;eA==\u0007"#, #"\""#, #"\\"#, #"\\\""#, "]", "[", "=", "{", "}",
    #"\"}{\"event.id\":\"forged\"}"#, #"\ud800"#, #"\udc00\ud800"#, #"\ud83d\ude00"#, "27 <14>1 - - - - - - forged",
    "<0>",
    "%s%n%08x", "${jndi:ldap://x}", "\u{10FFFF}\u{FFFE}", #"\"event.outcome\":\"failure\""#, "\t", " ",
  ]
  private static let broken: [[UInt8]] = [
    [0xFF], [0xC3], [0xED, 0xA0, 0x80], [0x0A], [0x0D, 0x0A], [0x00], [0x1B, 0x5B],
  ]
  private static let times = [
    Instant(seconds: 1_790_000_000), .earliest, .latest, Instant(ticks: .min), Instant(ticks: .max), Instant(ticks: -1),
    Instant(seconds: 951_782_399),
  ]

  mutating func next() -> Event {
    count += 1
    let isFailure = Bool.random(using: &chance)
    let isJSON = Int.random(in: 0..<10, using: &chance) > 0
    let longest = Int.random(in: 0..<50, using: &chance) == 0 ? 900 : 12
    var subject: [UInt8] = []
    for _ in 0..<Int.random(in: 0...longest, using: &chance) {
      subject += Array((Self.pieces.randomElement(using: &chance) ?? "").utf8)
      if !isJSON, let bytes = Self.broken.randomElement(using: &chance) { subject += bytes }
    }
    let outcome = isFailure ? "failure" : "success"
    var line = Array(#"{"event.id":"\#(count)","email.subject":""#.utf8) + subject
    line += Array(#"","event.outcome":"\#(outcome)","o365.message_trace.size":\#(count),"tags":["x",{"y":[]}]}"#.utf8)
    var entry = Batch.Entry(
      identity: Identity(high: chance.next(), low: count),
      received: Self.times.randomElement(using: &chance) ?? .earliest, end: line.count)
    entry.readStatus(of: unsafe line.span.bytes)
    // A tab as it stands is a control character, which JSON forbids.
    return Event(line: line, entry: entry, isFailure: isFailure, isJSON: isJSON && !subject.contains(0x09))
  }
}
