// The state as its callers see it: what is kept, who is refused, what is pruned.

internal import Glibc
internal import IntakeCore
internal import IntakeTesting
internal import Synchronization
internal import Testing

@testable import Checkpoint

@Suite("State directory")
struct StateDirectoryTests {
  let folder: ScratchFolder

  init() throws { folder = try ScratchFolder() }

  private func open(_ tenant: String = "contoso") throws(Failure) -> StateDirectory {
    try StateDirectory.open(folder("a/b/state"), tenant: tenant, log: .silent)
  }

  private func code(_ tenant: String = "contoso") -> String? {
    do throws(Failure) {
      try open(tenant).close()
      return nil
    } catch {
      return "\(error.code) \(error.exit.rawValue)"
    }
  }

  @Test("cursors, sink positions and identities come back as they were committed")
  func roundTrip() throws {
    var state = try open()
    let checkpoint = try Fill.deliver(3, to: &state)
    state.close()
    var again = try open()
    defer { again.close() }
    #expect(again.checkpoint == checkpoint)
    #expect(again.pending == [])
    #expect(again.ledger.count == 9)
    for number in 1...3 {
      for entry in Fill.entry(UInt64(number)).entries {
        let isNew = again.ledger.insert(entry.identity, received: entry.received)
        #expect(!isNew)
      }
    }
  }

  @Test("a journaled batch that was not committed comes back byte for byte, its identities not yet known")
  func pending() throws {
    var state = try open()
    _ = try Fill.deliver(1, to: &state)
    let entry = try state.journal(Fill.batch(2), cursors: ["live": Instant(ticks: 7)])
    state.close()
    var again = try open()
    defer { again.close() }
    #expect(again.pending == [2])
    let read = try again.entry(2)
    #expect(read.bytes == entry.bytes && read.entries == entry.entries && read.cursors == entry.cursors)
    let isNew = again.ledger.insert(entry.entries[0].identity, received: entry.entries[0].received)
    #expect(isNew)
  }

  @Test("an entry stays while one sink lacks it, and goes when the last has it")
  func slowSink() throws {
    var state = try open()
    var checkpoint = state.checkpoint
    checkpoint.sinks = ["fast": SinkPosition(sequence: 0), "slow": SinkPosition(sequence: 0)]
    for number in 1...3 {
      let entry = try state.journal(Fill.batch(UInt64(number)), cursors: [:])
      checkpoint.sequence = entry.sequence
      checkpoint.sinks["fast"] = SinkPosition(sequence: entry.sequence)
      try state.commit(checkpoint)
    }
    #expect(state.pending == [1, 2, 3] && state.journalSize > 0)
    checkpoint.sinks["slow"] = SinkPosition(sequence: 2)
    try state.commit(checkpoint)
    #expect(state.pending == [3])
    state.close()
    state = try open()
    defer { state.close() }
    #expect(state.pending == [3])
    checkpoint.sinks["slow"] = SinkPosition(sequence: 3)
    try state.commit(checkpoint)
    #expect(state.pending == [] && state.journalSize == 0)
  }

  @Test("a second process is told who holds the state; it may have it once the holder is gone")
  func locked() throws {
    let holder = try open()
    #expect {
      try open()
    } throws: { error in
      guard let failure = error as? Failure else { return false }
      return failure.code.rawValue == "state.locked" && failure.exit == .tryLater
        && failure.sentence.contains("process \(getpid()).")
    }
    holder.close()
    #expect(code() == nil)
  }

  @Test("a lock file without a lock is no lock")
  func staleLock() throws {
    try open().close()
    try folder.write("1\n", to: "a/b/state/lock")
    #expect(code() == nil)
  }

  @Test("another tenant's state is refused once something was collected, another mode's never")
  func foreign() throws {
    try open("fabricam").close()
    var state = try open("contoso")
    try state.commit(Checkpoint(cursors: ["live": Instant(seconds: 1), "revisit 1h": Instant(seconds: 1)]))
    state.close()
    // Only the first start was fixed; it is not the other tenant's.
    let other = try open("fabricam")
    #expect(other.checkpoint.cursors.isEmpty)
    other.close()
    state = try open("contoso")
    try state.commit(Checkpoint(cursors: ["live": Instant(seconds: 2), "revisit 1h": Instant(seconds: 1)]))
    state.close()
    #expect(code("fabrikam") == "state.foreign 78")
    #expect(code("contoso") == nil)
  }

  @Test("open spans survive with the cursors, and a state without them is still read")
  func openSpans() throws {
    var state = try open("contoso")
    let spans = [10, 20].map { (start: Int64) in
      OpenSpan(
        window: Window(start: Instant(seconds: start), end: Instant(ticks: start * 10_000_000 + 12_345)),
        opened: Instant(seconds: 30), tried: Instant(seconds: 40))
    }
    var checkpoint = Checkpoint(cursors: ["live": Instant(seconds: 50)])
    checkpoint.openSpans = spans
    try state.commit(checkpoint)
    state.close()
    let again = try open("contoso")
    #expect(again.checkpoint == checkpoint)
    again.close()
  }

  @Test("a directory that others may write to is refused", arguments: [0o720, 0o702, 0o777] as [mode_t])
  func permissions(mode: mode_t) throws {
    try open().close()
    #expect(unsafe chmod(folder("a/b/state"), mode) == 0)
    #expect(code() == "state.perms 78")
  }

  @Test("directories are made for the owner alone, files too")
  func modes() throws {
    var state = try open()
    _ = try Fill.deliver(1, to: &state)
    _ = try state.journal(Fill.batch(2), cursors: [:])
    state.close()
    var found: [String: mode_t] = [:]
    for name in ["", "/journal", "/seen", "/lock", "/checkpoint.json", "/seen/1.idx", "/journal/1.slot"] {
      var status = stat()
      #expect(unsafe lstat(folder("a/b/state") + name, &status) == 0)
      found[name] = status.st_mode & 0o777
    }
    #expect(found.filter { $0.value != 0o600 }.keys.sorted() == ["", "/journal", "/seen"])
    #expect(found.values.filter { $0 == 0o700 }.count == 3)
  }

  /// True if the ledger takes the first identity of a batch as new.
  private func isNew(_ number: UInt64, _ state: inout StateDirectory) -> Bool {
    state.ledger.insert(Fill.entry(number).entries[0].identity, received: Fill.received(number))
  }

  @Test("identities are known for 91 days after the horizon, whatever is recalled")
  func prune() throws {
    var state = try open()
    _ = try Fill.deliver(2, to: &state)
    for days in [0, 1, 90] {
      try state.prune(before: Fill.received(1) + .seconds(days * 86_400))
      state.close()
      state = try open()
      try state.recall(Fill.received(1)..<Fill.received(0))
      #expect(!isNew(1, &state) && !isNew(2, &state) && state.ledger.count == 6)
    }
    try state.prune(before: Fill.received(1) + .seconds(93 * 86_400))
    #expect(try folder.names("a/b/state/seen") == [])
    state.close()
    state = try open()
    #expect(isNew(1, &state) && isNew(2, &state))
    state.close()
    state = try open()
    defer { state.close() }
    _ = try Fill.deliver(1, to: &state)
    #expect(state.ledger.count == 3)
  }

  @Test("after a failed operation the value refuses everything more")
  func broken() throws {
    let plan = FileFaultPlan(at: 1, .error(EIO)) { call, name in call == .sync && name.hasSuffix(".slot") }
    var state = try StateDirectory.open(folder("s"), tenant: "c", log: .silent, files: plan.files)
    defer { state.close() }
    #expect(throws: Failure.self) { try state.journal(Fill.batch(1), cursors: [:]) }
    #expect {
      try state.journal(Fill.batch(1), cursors: [:])
    } throws: {
      ($0 as? Failure)?.code.rawValue == "state.order"
    }
  }

  @Test("rebuilding sets everything aside and starts over")
  func rebuild() throws {
    var state = try open()
    _ = try Fill.deliver(2, to: &state)
    state.close()
    #expect {
      try StateDirectory.rebuild(folder("a/b/state"), tenant: "fabrikam", log: .silent)
    } throws: {
      ($0 as? Failure)?.code.rawValue == "state.foreign"
    }
    try folder.write("rubbish", to: "a/b/state/checkpoint.json")
    #expect(code() == "state.corrupt 65")
    try StateDirectory.rebuild(folder("a/b/state"), tenant: "contoso", log: .silent)
    #expect(try folder.names("a/b/state/damaged-1") == ["checkpoint.json", "journal", "seen"])
    let again = try open()
    defer { again.close() }
    #expect(again.checkpoint == Checkpoint() && again.ledger.count == 0)
  }

  @Test("rebuilding keeps checkpoint and journal where they are whole")
  func rebuildLedger() throws {
    var state = try open()
    var checkpoint = try Fill.deliver(1, to: &state)
    checkpoint.sinks["slow"] = SinkPosition(sequence: 1)
    try state.commit(checkpoint)
    checkpoint = try Fill.deliver(1, to: &state)
    _ = try state.journal(Fill.batch(3), cursors: ["live": Instant(ticks: 7)])
    state.close()
    try StateDirectory.rebuild(folder("a/b/state"), tenant: "contoso", log: .silent)
    #expect(try folder.names("a/b/state/damaged-1") == ["seen"])
    let again = try open()
    #expect(again.checkpoint == checkpoint && again.ledger.count == 0 && again.pending == [2, 3])
    again.close()
    for name in try folder.names("a/b/state/journal") { try folder.remove("a/b/state/journal/\(name)") }
    try StateDirectory.rebuild(folder("a/b/state"), tenant: "contoso", log: .silent)
    #expect(try folder.names("a/b/state/damaged-2").contains("journal"))
  }

  @Test("a summary can be had while another process holds the state, and changes nothing")
  func summary() throws {
    #expect(try StateDirectory.summary(folder("a/b/state")) == nil)
    var state = try open()
    defer { state.close() }
    let checkpoint = try Fill.deliver(2, to: &state)
    _ = try state.journal(Fill.batch(3), cursors: [:])
    let summary = try #require(try StateDirectory.summary(folder("a/b/state")))
    #expect(summary.tenant == "contoso" && summary.checkpoint == checkpoint)
    #expect(summary.journalEntries == 1 && summary.journalBytes == state.journalSize)
    #expect(summary.identities == 6)
  }
}
