// Delivery events in the background: who is queued, in which order they are asked for, and that nothing is lost or doubled.

import Collector
internal import Configuration
import IntakeCore
import IntakeTesting
internal import Normaliser
import Testing
internal import Trigger

@testable internal import message_trace

@Suite("Details in the background")
struct DetailsTests {
  static let start = Instant(seconds: 1_790_000_000)

  static func item(_ number: Int, received: Instant = start) -> DetailsItem {
    DetailsItem(
      traceID: "0000000\(number)-aaaa", recipient: "o'a\(number)@x.example", sender: "s@y.example", received: received,
      after: start)
  }

  static func event(_ number: Int, _ action: String, dataset: String = "o365.message_trace") -> String {
    let members: [JSONValue.Member] = [
      .init("@timestamp", .string(Timestamp.text(start + .seconds(number)))), .init("event.kind", .string("event")),
      .init("event.dataset", .string(dataset)), .init("event.action", .string(action)),
      .init("email.local_id", .string("id-\(number)")),
      .init("email.to.address", .array([.string("Anna.\(number)@x.example")])),
    ]
    return JSONValue.object(members).text
  }

  static func entry(_ lines: [String], sequence: UInt64 = 1) -> JournalEntry {
    var bytes: [UInt8] = []
    var entries: [Batch.Entry] = []
    for (number, line) in lines.enumerated() {
      bytes += Array("\(line)\n".utf8)
      var entry = Batch.Entry(identity: Identity(high: 0, low: UInt64(number)), received: start, end: bytes.count)
      let text = Array(line.utf8)
      entry.readStatus(of: unsafe text.span.bytes)
      entries.append(entry)
    }
    return JournalEntry(sequence: sequence, bytes: bytes, entries: entries, cursors: [:])
  }

  @Test("only rows with a wanted status are queued; the same batch twice changes nothing")
  func sink() async throws {
    let folder = try ScratchFolder()
    let clock = ManualClock(Self.start)
    let sink = DetailsSink(
      try DetailsQueue(folder.path), statuses: ["failed", "quarantined"],
      names: [try MappingCatalog.mapping("graph").eventNames()], time: clock.source, log: .silent)
    let entry = Self.entry([
      Self.event(1, "failed"), Self.event(2, "delivered"), Self.event(3, "quarantined"),
      Self.event(4, "failed", dataset: "o365.message_trace_detail"), "{\"event.action\":\"failed\"}", "broken",
    ])
    let position = try await sink.open(at: nil)
    for _ in 0..<2 {
      #expect(try await sink.deliver(entry, from: position).sequence == 1)
      let queued = try DetailsQueue(folder.path).due(Self.start)
      #expect(queued.map(\.traceID) == ["id-3", "id-1"])
      #expect(queued.last?.recipient == "Anna.1@x.example" && queued.last?.received == Self.start + .seconds(1))
    }
  }

  @Test(
    "a batch that the journal kept under other settings is queued all the same",
    arguments: [("graph", ""), ("sekoia", ""), ("cim", ""), ("udm-flat", ""), ("udm-flat", "nested"), ("graph", "raw")])
  func otherSettings(_ mapping: String, _ form: String) async throws {
    let folder = try ScratchFolder()
    let row =
      #"{"id":"t1","recipientAddress":"b@x.example","senderAddress":"s@y.example","receivedDateTime":"2026-01-25T09:49:29.967Z","status":"failed"}"#
    let normaliser = try RowNormaliser(
      mapping: try MappingCatalog.mapping(mapping),
      settings: NormaliserSettings(isRaw: form == "raw", isNested: form == "nested"))
    var batch = Batch()
    var ledger = PassthroughLedger()
    let page = Page(bytes: Array(row.utf8), rows: [0..<row.utf8.count])
    normaliser.normalise(page, created: Self.start, into: &batch, ledger: &ledger)
    let entry = JournalEntry(sequence: 1, bytes: batch.bytes, entries: batch.entries, cursors: [:])
    let sink = DetailsSink(
      try DetailsQueue(folder.path), statuses: ["failed"], names: try MappingCatalog.eventNames(),
      time: ManualClock(Self.start).source, log: .silent)
    _ = try await sink.deliver(entry, from: try await sink.open(at: nil))
    let items = try DetailsQueue(folder.path).due(Self.start)
    #expect(items.map(\.traceID) == ["t1"] && items.first?.recipient == "b@x.example")
    #expect(
      items.first?.sender == "s@y.example" && items.first?.received == Timestamp.parse("2026-01-25T09:49:29.967Z"))
  }

  /// A Graph whose details are scripted, and a pipeline to put them into.
  struct Bench {
    let folder: ScratchFolder
    let server: ScriptedServer
    let clock = ManualClock(DetailsTests.start)
    let sink = MemorySink()
    let lines = LogLines()

    init(_ answer: @escaping @Sendable (String) -> [ScriptedServer.Step]) throws {
      folder = try ScratchFolder()
      server = try ScriptedServer { request, _ in
        request.method == "POST"
          ? .answer(#"{"token_type":"Bearer","expires_in":3599,"access_token":"t"}"#) : answer(request.target)
      }
    }

    func configuration(_ share: Int = 33) throws -> TenantSettings {
      var layer = SettingLayer()
      let values: [(Setting, String)] = [
        (.tenant, "contoso.test"), (.clientID, "app"), (.clientSecretFile, "env:SECRET"), (.graphURL, server.base),
        (.authority, server.base), (.state, folder.path), (.details, "Failed"), (.detailsShare, "\(share)"),
      ]
      for (setting, value) in values { layer[setting] = [value] }
      return try TenantSettings(layer, environment: ["SECRET": "s"])
    }

    func pipeline() async throws -> Pipeline<RowSource, PlainMapping, MemoryStore> {
      var pipeline = Pipeline(
        source: RowSource([]), mapping: PlainMapping(), sinks: [sink], state: MemoryStore(), time: clock.source)
      try await pipeline.open()
      return pipeline
    }

    func round(
      _ pipeline: inout Pipeline<RowSource, PlainMapping, MemoryStore>, share: Int = 33
    ) async throws -> DetailsTally {
      try await DetailFetcher(
        try configuration(share), queue: try DetailsQueue(folder.path), time: clock.source, log: log
      ).run(&pipeline, from: try AnySource(try configuration(share), time: clock.source, log: .silent))
    }

    var log: Log { lines.log(.warning, now: { DetailsTests.start }) }
    /// Codes of the warnings so far.
    var warnings: [String] { lines.all.map { String($0.split(separator: " ")[2]) } }

    var asked: [String] { server.requests.filter { $0.method == "GET" }.map(\.target) }
  }

  static let steps =
    #"{"value":[{"id":"x","dateTime":"2026-09-21T14:00:00Z","event":"Fail","description":"no"},{"id":"x","dateTime":"2026-09-21T14:00:00Z","event":"Receive"}]}"#

  @Test("a round asks newest first, within its share, and goes on in the next five minutes; each event comes out once")
  func share() async throws {
    let bench = try Bench { _ in .answer(Self.steps) }
    defer { bench.server.stop() }
    var pipeline = try await bench.pipeline()
    let items = (0..<8).map { Self.item($0, received: Self.start - .seconds(60 * $0)) }
    _ = try DetailsQueue(bench.folder.path).put(items)
    #expect(try await bench.round(&pipeline, share: 6) == DetailsTally(messages: 5, events: 10, waiting: 3))
    #expect(try await bench.round(&pipeline, share: 6).messages == 0)
    #expect(bench.asked.count == 5)
    for (target, item) in zip(bench.asked, items) { #expect(target.contains(item.traceID)) }
    #expect(bench.asked.first?.contains("recipientAddress=%27o%27%27a0%40x.example%27") == true)
    bench.clock.advance(by: .seconds(301))
    #expect(try await bench.round(&pipeline, share: 6) == DetailsTally(messages: 3, events: 6, waiting: 0))
    _ = try DetailsQueue(bench.folder.path).put([items[0]])
    #expect(try await bench.round(&pipeline, share: 6) == DetailsTally(messages: 1, events: 0, waiting: 0))
    #expect(bench.sink.lines.count == 16 && Set(bench.sink.lines.map(Self.id)).count == 16)
  }

  @Test("a message without events is asked for again for a day, then given up with a warning, and counted")
  func empty() async throws {
    let bench = try Bench { _ in .answer(#"{"value":[]}"#) }
    defer { bench.server.stop() }
    var pipeline = try await bench.pipeline()
    _ = try DetailsQueue(bench.folder.path).put([Self.item(1)])
    var asked: [Int] = []
    var givenUp = 0
    for minute in 0...1_500 where minute % 15 == 0 {
      let before = bench.asked.count
      givenUp += try await bench.round(&pipeline).givenUp
      if bench.asked.count > before { asked.append(minute) }
      bench.clock.advance(by: .seconds(900))
    }
    #expect(asked == [0, 15, 60, 240, 720, 1_440] && givenUp == 1)
    #expect(try DetailsQueue(bench.folder.path).count == 0 && bench.sink.lines.isEmpty)
    #expect(bench.warnings == ["details.given_up"])
    var outcome = PassOutcome()
    outcome.detailsGivenUp = givenUp
    #expect(outcome.summary.contains { $0 == ("details_given_up", "1") })
    var status = PassStatus(lastPass: Self.start)
    status.note(outcome, at: Self.start)
    #expect(Metrics.text([status]).contains("message_trace_details_given_up_total{"))
  }

  @Test("damaged lines of the queue are warned about with their number, once")
  func damagedLines() async throws {
    let bench = try Bench { _ in [] }
    defer { bench.server.stop() }
    _ = try DetailsQueue(bench.folder.path).put([Self.item(1)])
    let whole = try FileBytes.read(bench.folder("details-queue"), purpose: "queue")
    try bench.folder.write(Array("nonsense\n{\"trace\":5}\n".utf8) + whole, to: "details-queue")
    for _ in 0..<2 {
      let pipeline = try Assembly(try bench.configuration(), time: bench.clock.source, log: bench.log).pipeline()
      await pipeline.shutDown()
    }
    #expect(bench.warnings == ["details.damaged"] && bench.lines.all.contains { $0.contains("lines=2") })
    #expect(try DetailsQueue(bench.folder.path).count == 1)
  }

  @Test(
    "a service that is busy or throttles ends the round at once; nothing waits, nothing is forgotten",
    arguments: [429, 503])
  func busy(_ status: Int) async throws {
    let bench = try Bench { _ in
      .answer(#"{"error":{"code":"x","message":"later"}}"#, status: status, headers: ["Retry-After: 120"])
    }
    defer { bench.server.stop() }
    var pipeline = try await bench.pipeline()
    _ = try DetailsQueue(bench.folder.path).put((0..<4).map { Self.item($0) })
    #expect(try await bench.round(&pipeline) == DetailsTally(messages: 0, events: 0, waiting: 4))
    #expect(bench.asked.count == 1 && bench.clock.now == Self.start)
    #expect(try DetailsQueue(bench.folder.path).due(Self.start).count == 4)
  }

  @Test("a refusal is told, and the queue kept")
  func refused() async throws {
    let bench = try Bench { _ in .answer(#"{"error":{"code":"Forbidden","message":"no"}}"#, status: 403) }
    defer { bench.server.stop() }
    var pipeline = try await bench.pipeline()
    _ = try DetailsQueue(bench.folder.path).put([Self.item(1), Self.item(2)])
    let failure = await #expect(throws: Failure.self) { _ = try await bench.round(&pipeline) }
    #expect(failure?.exit == .denied && bench.asked.count == 1)
    #expect(try DetailsQueue(bench.folder.path).count == 2)
  }

  @Test("statuses are checked, and details want a profile, each of which maps details too")
  func settings() throws {
    let bench = try Bench { _ in [] }
    defer { bench.server.stop() }
    #expect(try bench.configuration().details.statuses == ["failed"])
    var layer = SettingLayer()
    layer[.accessTokenFile] = ["/dev/null"]
    layer[.tenant] = ["t"]
    layer[.state] = ["/tmp"]
    let mistakes = [(["faild"], "ecs", "did you mean failed?"), (["failed"], "mine.json", "needs a profile")]
    for (details, mapping, says) in mistakes {
      layer[.details] = details
      layer[.mapping] = [mapping]
      let failure = #expect(throws: Failure.self) { try TenantSettings(layer, environment: [:]) }
      #expect(failure?.sentence.contains(says) == true)
    }
    layer[.mapping] = nil
    layer[.details] = ["failed"]
    for profile in Setting.profiles {
      layer[.profile] = [profile]
      #expect(try TenantSettings(layer, environment: [:]).details.statuses == ["failed"])
    }
    layer[.details] = ["none"]
    #expect(try TenantSettings(layer, environment: [:]).details.statuses.isEmpty)
  }

  private static func id(_ line: String) -> String {
    (try? JSONValue(parsing: Array(line.utf8)))?["event.id"]?.string ?? line
  }
}
