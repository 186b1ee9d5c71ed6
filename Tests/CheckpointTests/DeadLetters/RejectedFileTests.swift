// Dead letters on disk: once each, whole after a crash, never lost by a failed write.

internal import Glibc
internal import IntakeCore
internal import IntakeTesting
internal import Testing

@testable import Checkpoint

@Suite("rejected events") struct RejectedFileTests {
  private let now = Instant(seconds: 1_790_000_000)

  private func letter(_ number: UInt64, sink: String = "elastic://a:1/b", event: String? = nil) -> DeadLetter {
    DeadLetter(
      sink: sink, identity: Identity(high: 1, low: number), received: Instant(seconds: 1_789_000_000),
      reason: #"{"type":"x","reason":"a \"quoted\" \#u{7} reason"}"#,
      event: Array((event ?? #"{"event.id":"\#(number)","email.subject":"Grüße \\ \u2028"}"#).utf8))
  }

  private func read(_ file: RejectedFile) throws -> [DeadLetter] {
    var letters: [DeadLetter] = []
    try file.eachLine { letters.append($0.letter) }
    return letters
  }

  @Test("what is kept is read back byte for byte, once for each sink and event")
  func kept() throws {
    let folder = try ScratchFolder()
    let letters = [
      letter(1), letter(2, event: "not { JSON \" \\"), letter(3, event: #"{"a":01}"#), letter(1, sink: "splunk://c:2"),
    ]
    for _ in 0..<2 {
      // As another process would.
      let file = RejectedFile(folder.path)
      try file.keep(letters, at: now)
      #expect(try read(file) == letters)
      #expect(file.count == 4)
    }
    #expect(try folder.text("rejected.ndjson").split(separator: "\n").count == 4)
  }

  @Test("removing keeps lines of others, and what cannot be copied keeps the file whole")
  func foreignLines() throws {
    let folder = try ScratchFolder()
    let file = RejectedFile(folder.path)
    try file.keep([letter(1), letter(2)], at: now)
    let foreign = "{\"of\":\"another version\"}\nnot JSON\n"
    try folder.write(
      try folder.bytes("rejected.ndjson") + Array(foreign.utf8) + Array("no end".utf8), to: "rejected.ndjson")
    try file.remove { $0.identity.low == 1 }
    #expect(try read(file) == [letter(2)])
    #expect(try folder.text("rejected.ndjson").hasSuffix("\(foreign)no end\n"))
    let long = Array("{\"".utf8) + [UInt8](repeating: 0x61, count: 3 * LineReader.longest) + [0x0A]
    try folder.write(try folder.bytes("rejected.ndjson") + long, to: "rejected.ndjson")
    let before = try folder.bytes("rejected.ndjson")
    let failure = #expect(throws: Failure.self) { try file.remove { _ in true } }
    #expect(failure?.code.rawValue == "rejected.long")
    #expect(try folder.bytes("rejected.ndjson") == before)
  }

  @Test("a line torn by a crash is cut, and the next one stands whole")
  func torn() throws {
    let folder = try ScratchFolder()
    try RejectedFile(folder.path).keep([letter(1), letter(2)], at: now)
    let whole = try folder.bytes("rejected.ndjson")
    for length in 0..<whole.count {
      try folder.write(Array(whole.prefix(length)), to: "rejected.ndjson")
      let file = RejectedFile(folder.path)
      try file.keep([letter(1), letter(2), letter(3)], at: now)
      #expect(try read(file) == [letter(1), letter(2), letter(3)], "cut at \(length)")
    }
  }

  @Test(
    "a disk that fails, or a process that dies, at any call: the next try has every event once",
    arguments: [FileCalls.Fault.error(ENOSPC), .half(EIO), .error(FileFaultPlan.death), .half(FileFaultPlan.death)])
  func failing(fault: FileCalls.Fault) throws {
    var call = 0
    while true {
      call += 1
      let folder = try ScratchFolder()
      try RejectedFile(folder.path).keep([letter(1)], at: now)
      let plan = FileFaultPlan(at: call, fault)
      let broken = RejectedFile(folder.path, files: plan.files)
      try? broken.keep([letter(2), letter(3)], at: now)
      guard plan.struck else { break }
      let file = RejectedFile(folder.path)
      try file.keep([letter(2), letter(3)], at: now)
      #expect(try read(file) == [letter(1), letter(2), letter(3)], "\(plan.seen)")
    }
    #expect(call > 6)
  }

  @Test("removing keeps the others in their order")
  func removed() throws {
    let folder = try ScratchFolder()
    let file = RejectedFile(folder.path)
    try file.keep([letter(1), letter(2), letter(3)], at: now)
    try file.remove { $0.identity.low == 2 }
    #expect(try read(file) == [letter(1), letter(3)])
    try file.keep([letter(2)], at: now)
    #expect(try read(file) == [letter(1), letter(3), letter(2)])
  }
}
