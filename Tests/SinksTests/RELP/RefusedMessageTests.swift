// Messages that a RELP receiver refuses: for good, or because it is short of something itself.

internal import Glibc
internal import IntakeCore
internal import IntakeTesting
internal import Simulator
internal import Testing

@testable import Sinks

@Suite("messages that a RELP receiver refuses", .ownThreads) struct RefusedMessageTests {
  private final class Letters: DeadLetters {
    let kept = Locked<[DeadLetter]>([])

    func keep(_ letters: [DeadLetter], at now: Instant) throws(Failure) { kept.update { $0 += letters } }
  }

  private struct Trial {
    let receiver: RELPReceiver
    let letters = Letters()
    let state = ReceiverState()

    init(_ manner: RELPReceiver.Manner) throws { receiver = try RELPReceiver(manner) }

    /// A sink as the next pass makes it.
    func sink(_ query: String = "", patience: Int = 0) throws -> RELPSink {
      let address = try #require(NetworkAddress("127.0.0.1:\(receiver.port)"))
      return RELPSink(
        name: "relp://test",
        options: try SyslogOptions(.relp, query: query + "&refused-after=\(patience)", spec: "relp://test"),
        connector: PlainConnector(area: "sink.relp", address: address), log: .silent,
        time: TimeSource(now: { Instant(ticks: 0) }, sleep: { _ in }), receiver: state, deadLetters: letters)
    }

    func deliver(_ sink: RELPSink, count: Int) async throws {
      _ = try await sink.deliver(SinkContract.entry(1, count: count), from: SinkPosition(sequence: 0))
    }

    /// The ids of the messages that were answered with 200.
    var ids: [String] { Self.ids(receiver.answered.flatMap(\.self)) }

    /// Without the copies that only show whether anything is taken.
    var wholeIDs: [String] { Self.ids(receiver.answered.flatMap(\.self).filter { !$0.contains("labels.truncated") }) }

    private static func ids(_ messages: [String]) -> [String] {
      messages.map { message in
        guard let key = message.firstRange(of: #""event.id":""#) else { return "" }
        return String(message[key.upperBound...].prefix { $0 != "\"" })
      }
    }
  }

  @Test(
    "one that is refused over three connections while others are taken is set aside, and no other comes twice",
    arguments: [1, 64, 1_000])
  func forGood(window: Int) async throws {
    let trial = try Trial(.rejects(#""event.id":"1-7""#))
    defer { trial.receiver.stop() }
    let sink = try trial.sink("window=\(window)")
    try await trial.deliver(sink, count: 100)
    #expect(trial.ids.sorted() == (0..<100).filter { $0 != 7 }.map { "1-\($0)" }.sorted())
    #expect(trial.receiver.answered.count == 3)
    let letter = try #require(trial.letters.kept.value.first)
    #expect(trial.letters.kept.value.count == 1 && letter.sink == "relp://test" && letter.reason.contains("500"))
    #expect(String(decoding: letter.event, as: UTF8.self) == SinkContract.lines(1, count: 100)[7])
    #expect(letter.identity == SinkContract.entry(1, count: 100).entries[7].identity && sink.figures.rejected == 1)
  }

  @Test(
    "where no other message is left, a copy with little more than its id shows whether others are taken",
    arguments: [1, 9])
  func last(count: Int) async throws {
    let trial = try Trial(.rejects(#"\\ \#(count - 1)"}"#))
    defer { trial.receiver.stop() }
    try await trial.deliver(try trial.sink(), count: count)
    // The last one is the copy.
    #expect(trial.ids.sorted() == (0..<count).map { "1-\($0)" })
    let copy = try #require(trial.receiver.answered.last?.last)
    #expect(trial.receiver.answered.count == 3)
    #expect(copy.contains(#""labels.truncated":"true""#) && !copy.contains("email.subject"), "\(copy)")
    #expect(
      trial.letters.kept.value.map { String(decoding: $0.event, as: UTF8.self) } == [
        SinkContract.lines(1, count: count)[count - 1]
      ])
  }

  @Test(
    "a receiver that closes the connection behind each refusal gets every other message, and the refused are set aside")
  func closing() async throws {
    // Numbers that end in 3: ten of a hundred, each in a copy of its own before its last refusal.
    let trial = try Trial(.rejectsAndCloses(#"3"}"#))
    defer { trial.receiver.stop() }
    try await trial.deliver(try trial.sink(), count: 100)
    #expect(Set(trial.ids) == Set((0..<100).map { "1-\($0)" }) && trial.letters.kept.value.count == 10)
    #expect(Set(trial.wholeIDs).count == 90)
  }

  @Test(
    "a receiver that refuses everything, or everything from some message on, sets nothing aside; once it takes it all, nothing comes twice",
    arguments: [0, 40])
  func noRoom(limit: Int) async throws {
    // Eight tries of the first pass.
    let trial = try Trial(.rejectsBehind(limit, connections: limit == 0 ? 8 : 2))
    defer { trial.receiver.stop() }
    if limit == 0 {
      let failure = await #expect(throws: Failure.self) { try await trial.deliver(try trial.sink(), count: 100) }
      #expect(failure?.code.rawValue == "sink.relp.rejected" && failure?.exit == .tryLater)
      #expect(failure?.sentence.contains("status 500") == true && failure?.sentence.contains("no: x") == false)
    }
    try await trial.deliver(try trial.sink(), count: 100)
    #expect(trial.letters.kept.value.isEmpty)
    #expect(trial.wholeIDs.sorted() == (0..<100).map { "1-\($0)" }.sorted() && trial.ids.count <= 101)
  }

  @Test("a receiver that refuses each of fifty events, and takes only copies of them, is one with wrong settings")
  func refusesAll() async throws {
    let trial = try Trial(.rejects("email.subject"))
    defer { trial.receiver.stop() }
    let failure = await #expect(throws: Failure.self) { try await trial.deliver(try trial.sink(), count: 50) }
    #expect(failure?.code.rawValue == "sink.relp.refuses_all" && failure?.exit == .badData)
    #expect(trial.letters.kept.value.isEmpty)
    trial.receiver.become(.orderly)
    try await trial.deliver(try trial.sink(), count: 50)
    #expect(trial.wholeIDs.sorted() == (0..<50).map { "1-\($0)" }.sorted())
    trial.receiver.become(.rejects("email.subject"))
    try await trial.deliver(try trial.sink(), count: 49)
    #expect(trial.letters.kept.value.count == 49)
  }

  @Test("a batch that is given back keeps what was answered: the next pass sends only the rest")
  func givenBack() async throws {
    let trial = try Trial(.rejectsBehind(10, connections: 9))
    defer { trial.receiver.stop() }
    await #expect(throws: Failure.self) { try await trial.deliver(try trial.sink(), count: 200) }
    #expect(trial.ids == (0..<10).map { "1-\($0)" })
    try await trial.deliver(try trial.sink(), count: 200)
    #expect(trial.wholeIDs.sorted() == (0..<200).map { "1-\($0)" }.sorted() && trial.letters.kept.value.isEmpty)
    #expect(trial.ids.count <= 201)
  }

  @Test("a receiver that refuses for a while, as one that restarts does, costs nothing")
  func restarting() async throws {
    let trial = try Trial(.rejectsBehind(10, connections: 20))
    defer { trial.receiver.stop() }
    // Twenty connections in no time: the pauses take none. Others are taken over the first.
    try await trial.deliver(try trial.sink(patience: 3_600), count: 40)
    #expect(trial.letters.kept.value.isEmpty)
    #expect(trial.ids.sorted() == (0..<40).map { "1-\($0)" }.sorted(), "no copy either")
  }

  @Test("refusals of later batches count from the first of the run, and one that is over counts no more")
  func run() {
    let state = ReceiverState()
    state.note(refusingSince: nil)
    #expect(state.refusingSince == nil)
    let now = TimeSource.monotonic
    state.note(refusingSince: now)
    #expect(state.refusingSince == now)
    var batch = RELPBatch(SinkContract.entry(1), patience: .seconds(3_600), refusingSince: now - .seconds(4_000))
    for _ in 0..<3 {
      batch.noteRefusal(of: 2, status: 500)
      batch.noteOthersTaken(beside: 2)
    }
    #expect(batch.refused.map(\.index) == [2])
    var other = RELPBatch(SinkContract.entry(1), patience: .seconds(3_600))
    for _ in 0..<9 {
      other.noteRefusal(of: 2, status: 500)
      other.noteOthersTaken(beside: 2)
    }
    #expect(other.refused.isEmpty && other.doubtful == nil && !other.isWaiting)
    for index in 0..<7 where index != 2 { other.noteAnswer(to: index) }
    #expect(other.isWaiting)
  }

  @Test("without a place for refused events the batch is not acknowledged")
  func noPlace() async throws {
    let receiver = try RELPReceiver(.rejects(#""event.id":"1-3""#))
    defer { receiver.stop() }
    let sink = try SinkSpec(parsing: "relp://127.0.0.1:\(receiver.port)?refused-after=0").makeSink(
      log: .silent, time: .quick)
    let failure = await #expect(throws: Failure.self) {
      try await sink.deliver(SinkContract.entry(1, count: 9), from: SinkPosition(sequence: 0))
    }
    #expect(failure?.code.rawValue == "sink.rejected" && failure?.exit == .badData)
  }

  @Test("collect ends with 65 and goes on; what was set aside is listed, and is sent again once the receiver takes it")
  func collected() throws {
    let fixture = try HTTPFixture()
    let receiver = try RELPReceiver(.rejects("Quarterly report"))
    defer { receiver.stop() }
    let sink = "relp://127.0.0.1:\(receiver.port)?refused-after=0"
    let outcome = try fixture.run(sink: sink)
    #expect(outcome.status == 65 && outcome.errors.contains("sink.rejected"), "\(outcome.errors)")
    let listed = try fixture.run(["state", "rejected"], sink: sink)
    let verdict = verdict(receiver, fixture)
    #expect(listed.lines.count > 3 && listed.lines.allSatisfy { $0.contains("RELP status 500") }, "\(listed.lines)")
    #expect(verdict.lost == listed.lines.count && verdict.doubled == 0, "\(verdict)")
    #expect(try fixture.run(["state", "rejected", "--resend"], sink: sink).status == 65)
    receiver.become(.orderly)
    let again = try fixture.run(["state", "rejected", "--resend"], sink: sink)
    #expect(again.status == 0, "\(again.errors)")
    #expect(self.verdict(receiver, fixture).isPerfect, "\(self.verdict(receiver, fixture))")
    #expect(try fixture.folder.bytes("state/rejected.ndjson").isEmpty)
    #expect(try fixture.run(sink: sink).status == 0)
  }

  /// Without the copies that only show whether anything is taken.
  private func verdict(_ receiver: RELPReceiver, _ fixture: borrowing HTTPFixture) -> DeliveryOracle.Verdict {
    let messages: [String] = receiver.answered.flatMap(\.self).filter { !$0.contains(#""labels.truncated""#) }
    let events = messages.flatMap { message in Array(message.utf8.drop { $0 != 0x7B }) + [0x0A] }
    return DeliveryOracle(fixture.server.settings.tenant, at: fixture.now).judge(events)
  }
}
