// Rotten and torn files: noticed by checksum, never skipped silently, repaired from the service where that is possible.

internal import IntakeCore
internal import IntakeTesting
internal import Synchronization
internal import Testing

@testable import Checkpoint

@Suite("Damaged state")
struct DamageTests {
  let folder: ScratchFolder
  private let lines = Lines()

  init() throws { folder = try ScratchFolder() }

  private final class Lines: Sendable {
    let all = Mutex<[String]>([])
  }

  private func open() throws(Failure) -> StateDirectory {
    try StateDirectory.open(
      folder("state"), tenant: "contoso",
      log: Log(write: { [lines] line in lines.all.withLock { $0.append(String(decoding: line, as: UTF8.self)) } }))
  }

  /// Opens and closes; the failure's code, or nil.
  private func code() -> String? {
    do throws(Failure) {
      try open().close()
      return nil
    } catch {
      return "\(error.code) \(error.exit.rawValue)"
    }
  }

  /// Looks one row up and commits; the failure's code and file, or nil.
  private func lookUp() -> String? {
    do throws(Failure) {
      var state = try open()
      defer { state.close() }
      let entry = Fill.entry(3).entries[0]
      _ = state.ledger.insert(entry.identity, received: entry.received)
      try state.commit(state.checkpoint)
      return nil
    } catch {
      let name = error.sentence.contains("seen/1.idx") ? " seen/1.idx" : ""
      return "\(error.code) \(error.exit.rawValue)\(name)"
    }
  }

  /// Three batches, of which the sink `slow` has only the first; then a fourth, journaled only.
  private func fill() throws {
    var state = try open()
    var checkpoint = try Fill.deliver(1, to: &state)
    checkpoint.sinks["slow"] = SinkPosition(sequence: 1)
    try state.commit(checkpoint)
    _ = try Fill.deliver(2, to: &state)
    _ = try state.journal(Fill.batch(4), cursors: [:])
    #expect(state.pending == [2, 3, 4])
    state.close()
  }

  /// The file of a journal entry.
  private func slot(_ sequence: UInt64) throws -> String {
    let names = try folder.names("state/journal").map { "state/journal/\($0)" }
    return try #require(
      names.first { (try? folder.bytes($0)).flatMap(JournalCoding.claim)?.sequence == sequence })
  }

  private func change(_ name: String, _ change: (inout [UInt8]) -> Void) throws {
    var bytes = try folder.bytes(name)
    change(&bytes)
    try folder.write(bytes, to: name)
  }

  @Test("a checkpoint cut short anywhere, or with any bit turned, is refused")
  func checkpoint() throws {
    try fill()
    let whole = try folder.bytes("state/checkpoint.json")
    #expect(whole.count > 100)
    for length in 0..<whole.count {
      #expect(throws: StoredCheckpoint.Unreadable.corrupt) { try StoredCheckpoint(Array(whole[..<length])) }
    }
    for bit in 0..<(whole.count * 8) {
      var turned = whole
      turned[bit / 8] ^= 1 << UInt8(bit % 8)
      #expect(throws: StoredCheckpoint.Unreadable.corrupt) { try StoredCheckpoint(turned) }
    }
    #expect(throws: Never.self) { try StoredCheckpoint(whole) }
    try folder.write(Array(whole.dropLast(3)), to: "state/checkpoint.json")
    #expect(code() == "state.corrupt 65")
  }

  @Test("a missing checkpoint beside a journal is a lost one, not a new one")
  func lostCheckpoint() throws {
    try fill()
    try folder.remove("state/checkpoint.json")
    #expect(code() == "state.corrupt 65")
  }

  @Test("a checkpoint of a later version is refused by name")
  func newer() throws {
    try open().close()
    var content = Array(try folder.bytes("state/checkpoint.json").dropLast(22))
    content[5] = UInt8(ascii: "3")
    var line = content
    let sum = String(CRC32C.of(content, 0..<content.count), radix: 16)
    line.append(contentsOf: Array(",\"crc32c\":\"".utf8))
    line.append(contentsOf: Array((String(repeating: "0", count: 8 - sum.count) + sum + "\"}\n").utf8))
    try folder.write(line, to: "state/checkpoint.json")
    #expect(code() == "state.version 78")
  }

  @Test(
    "a ledger segment with any byte changed, or too short, is refused by name",
    arguments: [0, 4, 12, 16, 20, 24, 28, 31, 32, 60])
  func ledger(at offset: Int) throws {
    try fill()
    #expect(lookUp() == nil)
    try change("state/seen/1.idx") { $0[offset] ^= 0x10 }
    #expect(lookUp() == "state.corrupt 65 seen/1.idx")
    try change("state/seen/1.idx") { $0[offset] ^= 0x10 }
    #expect(lookUp() == nil)
    try change("state/seen/1.idx") { $0.removeLast() }
    #expect(code() == "state.corrupt 65")
  }

  @Test("what a torn append left behind the committed length is cut off")
  func tornLedger() throws {
    try fill()
    let whole = try folder.bytes("state/seen/1.idx")
    #expect(lookUp() == nil)
    try change("state/seen/1.idx") { $0.append(contentsOf: [1, 2, 3]) }
    try folder.write("orphan", to: "state/seen/99.idx")
    #expect(code() == nil)
    #expect(try folder.bytes("state/seen/1.idx") == whole && lookUp() == nil)
    #expect(try folder.names("state/seen") == ["1.idx"])
  }

  @Test("a damaged entry that no sink has seen is written over: its window is still open")
  func damagedNew() throws {
    try fill()
    let name = try slot(4)
    let whole = try folder.bytes(name)
    for length in stride(from: 0, to: whole.count, by: 7) {
      #expect(JournalCoding.decode(Array(whole[..<length]), sequence: 4) == nil)
    }
    for byte in whole.indices {
      var turned = whole
      turned[byte] ^= 4
      #expect(JournalCoding.decode(turned, sequence: 4) == nil)
    }
    try change(name) { $0[$0.count / 2] ^= 1 }
    var state = try open()
    defer { state.close() }
    #expect(state.pending == [2, 3])
    #expect(try state.journal(Fill.batch(4), cursors: [:]).sequence == 4)
    #expect(try folder.names("state/journal").count == 3)
  }

  @Test(
    "a damaged or missing entry that a sink still needs is forgotten by the ledger and its span read again",
    arguments: [true, false])
  func damagedNeeded(missing: Bool) throws {
    try fill()
    let name = try slot(2)
    if missing { try folder.remove(name) } else { try change(name) { $0[9] ^= 1 } }
    for opening in 1...2 {
      var state = try open()
      #expect(state.pending == [3, 4], "opening \(opening)")
      #expect(state.ledger.count == 9, "the fourth entry is covered together with that")
      let cursor = try #require(state.checkpoint.cursors["live"])
      #expect(cursor <= Fill.received(2) && cursor >= Fill.received(2) - .seconds(6 * 3_600))
      for entry in Fill.entry(2).entries {
        let isNew = state.ledger.insert(entry.identity, received: entry.received)
        #expect(isNew)
      }
      state.close()
    }
    #expect(lines.all.withLock { $0.filter { $0.contains("journal.corrupt") }.count } == 1)
    #expect(try folder.names("state/journal").contains(Journal.name(2) + ".bad") == !missing)
  }

  @Test(
    "an entry that was journaled when the process died does not undo that a damaged one is read again",
    arguments: [0, 1])
  func damagedBehindNew(kills: Int) async throws {
    var state = try open()
    var checkpoint = try Fill.deliver(1, to: &state)
    checkpoint.sinks = ["slow": SinkPosition(sequence: 1)]
    try state.commit(checkpoint)
    checkpoint.sequence = try state.journal(Fill.batch(2), cursors: [:]).sequence
    try state.commit(checkpoint)
    _ = try state.journal(Fill.batch(3), cursors: ["live": Fill.received(0), "revisit 1h": Fill.received(0)])
    state.close()
    try folder.remove(try slot(2))
    for _ in 0..<kills { try open().close() }
    state = try open()
    defer { state.close() }
    let sink = MemorySink(name: "slow")
    var pipeline = Pipeline(
      source: RowSource([]), mapping: PlainMapping(), sinks: [sink], state: state,
      time: TimeSource(now: { Fill.received(0) }))
    try await pipeline.open()
    try await pipeline.drain()
    #expect(sink.lines.count == 3 && pipeline.state.checkpoint.sequence == 3 && pipeline.state.ledger.count == 6)
    for (name, instant) in pipeline.state.checkpoint.cursors { #expect(instant <= Fill.received(2), "\(name)") }
    #expect(pipeline.state.checkpoint.cursors.count == 2)
    let isNew = pipeline.state.ledger.insert(Fill.entry(3).entries[0].identity, received: Fill.received(3))
    #expect(!isNew)
  }

  @Test(
    "a ledger of nothing but damaged entries is replaced by another file, also where it goes on", arguments: [0, 1])
  func allDamaged(kills: Int) throws {
    var state = try open()
    var checkpoint = state.checkpoint
    checkpoint.sinks = ["slow": SinkPosition(sequence: 0)]
    try state.commit(checkpoint)
    checkpoint.sequence = try state.journal(Fill.batch(1), cursors: [:]).sequence
    try state.commit(checkpoint)
    _ = try state.journal(Fill.batch(2), cursors: ["live": Fill.received(0)])
    state.close()
    try folder.remove(try slot(1))
    for _ in 0..<kills { try open().close() }
    state = try open()
    checkpoint = state.checkpoint
    checkpoint.sequence = try state.journal(Fill.batch(3), cursors: [:]).sequence
    try state.commit(checkpoint)
    state.close()
    state = try open()
    defer { state.close() }
    for number: UInt64 in [2, 3] {
      let isNew = state.ledger.insert(Fill.entry(number).entries[0].identity, received: Fill.received(number))
      #expect(!isNew, "\(number)")
    }
    try state.commit(state.checkpoint)
    #expect(state.pending == [2, 3] && state.ledger.count == 6)
  }

  @Test("a journal that is ahead of the checkpoint by two is refused")
  func gap() throws {
    try fill()
    var ahead = Fill.entry(6)
    ahead.cursors = ["live": Fill.received(0)]
    let head = JournalCoding.head(ahead)
    try folder.write(head + ahead.bytes + JournalCoding.hash(head, ahead.bytes), to: "state/journal/9.slot")
    #expect(code() == "state.gap 70")
  }

  @Test("temporary files of an interrupted step are removed")
  func temporary() throws {
    try fill()
    try folder.write("x", to: "state/checkpoint.json.tmp")
    try folder.write("x", to: "state/journal/\(Journal.name(5)).tmp")
    #expect(code() == nil)
    #expect(try !folder.names("state").contains("checkpoint.json.tmp"))
    #expect(try !folder.names("state/journal").contains { $0.hasSuffix(".tmp") })
  }
}
