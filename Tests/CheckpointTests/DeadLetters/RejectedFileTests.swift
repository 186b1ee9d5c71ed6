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

  @Test("removing keeps lines of others byte for byte, also very long ones")
  func foreignLines() throws {
    let folder = try ScratchFolder()
    let file = RejectedFile(folder.path)
    try file.keep([letter(1), letter(2)], at: now)
    let long = "{\"" + String(repeating: "a", count: 3 * LineReader.longest)
    let foreign = "{\"of\":\"another version\"}\n\(long)\nnot JSON\n"
    try folder.write(
      try folder.bytes("rejected.ndjson") + Array(foreign.utf8) + Array("no end".utf8), to: "rejected.ndjson")
    try file.remove { $0.identity.low == 1 }
    #expect(try read(file) == [letter(2)])
    #expect(try folder.text("rejected.ndjson").hasSuffix("\(foreign)no end\n"))
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

  @Test("what was taken since is gone at once, and the file is written again once, however many batches there were")
  func taken() throws {
    let folder = try ScratchFolder()
    try RejectedFile(folder.path).keep((1...40).map { letter($0) } + [letter(1, sink: "splunk://c:2")], at: now)
    let renamed = Locked(0)
    let files = FileCalls { call, name in
      if call == .rename, name == RejectedFile.name { renamed.update { $0 += 1 } }
      return nil
    }
    let file = RejectedFile(folder.path, files: files)
    for first in stride(from: UInt64(1), to: 31, by: 3) {
      try file.noteTaken((first..<(first + 3)).map { letter($0).identity }, by: letter(1).sink)
      let left = (first + 3...40).map { letter($0) } + [letter(1, sink: "splunk://c:2")]
      // Another process sees the same.
      #expect(try read(RejectedFile(folder.path)) == left)
    }
    #expect(renamed.value == 0)
    try file.settle()
    #expect(try read(file).count == 11 && renamed.value == 1)
    #expect(try folder.text("rejected.ndjson").split(separator: "\n").count == 11)
    try file.settle()
    #expect(renamed.value == 1)
  }

  @Test(
    "a disk that fails, or a process that dies, at any call of a sending: nothing vanishes, and only one batch comes again",
    arguments: [FileCalls.Fault.error(ENOSPC), .half(EIO), .error(FileFaultPlan.death), .half(FileFaultPlan.death)])
  func failingSending(fault: FileCalls.Fault) throws {
    var call = 0
    while true {
      call += 1
      let folder = try ScratchFolder()
      let all = (1...9).map { letter(UInt64($0)) }
      try RejectedFile(folder.path).keep(all, at: now)
      let plan = FileFaultPlan(at: call, fault)
      let broken = RejectedFile(folder.path, files: plan.files)
      var sent: [DeadLetter] = []
      var noted = 0
      do {
        for first in stride(from: 0, to: 6, by: 2) {
          let batch = Array(all[first..<(first + 2)])
          // The receiver has it now.
          sent += batch
          try broken.noteTaken(batch.map(\.identity), by: batch[0].sink)
          noted = sent.count
        }
        try broken.settle()
      } catch {}
      guard plan.struck else { break }
      // The next process refuses one of them anew before anybody sends.
      let next = RejectedFile(folder.path)
      if call.isMultiple(of: 2) { try next.keep([all[0]], at: now) }
      let left = try read(next)
      let expected = Set(all.map(\.identity)).subtracting(sent.prefix(noted).map(\.identity))
      let again = call.isMultiple(of: 2) ? Set([all[0].identity]) : []
      let found = Set(left.map(\.identity))
      #expect(found.count == left.count && found.isSuperset(of: again), "\(plan.seen)")
      // The note of the batch in doubt may be whole all the same.
      #expect(found.isSubset(of: expected.union(again)), "\(plan.seen)")
      #expect(expected.subtracting(found).isSubset(of: Set(sent.map(\.identity))), "\(plan.seen)")
    }
    #expect(call > 12)
  }
}
