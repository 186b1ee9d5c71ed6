// The Kafka sink against librdkafka's mock cluster, read back by kcat.

internal import IntakeCore
internal import IntakeTesting
internal import Synchronization
internal import Testing

@testable import Sinks

@Suite("The Kafka sink", .enabled(if: MockCluster.isWanted, "librdkafka1 or kcat is not installed"))
struct KafkaSinkTests {
  private func settings(_ cluster: MockCluster, _ query: String = "") throws -> KafkaSettings {
    try KafkaSettings(parsing: "kafka://\(cluster.servers)/mail?\(query)")
  }

  private func sink(
    _ cluster: MockCluster, _ query: String = "", owner: String = "tenant", said: Locked<[String]> = Locked([]),
    probe: @escaping @Sendable (KafkaLink.Step) throws(Failure) -> Void = { _ in }
  ) throws -> KafkaSink {
    let log = Log(level: .debug, write: { line in said.update { $0.append(String(decoding: line, as: UTF8.self)) } })
    return KafkaSink(
      try settings(cluster, query), owner: owner, log: log,
      time: TimeSource(now: { Instant(ticks: 0) }, sleep: { _ in }), probe: probe)
  }

  private func deliver(_ sink: KafkaSink, _ sequence: UInt64, count: Int = 7) async throws {
    _ = try await sink.deliver(
      SinkContract.entry(sequence, count: count), from: SinkPosition(sequence: sequence - 1))
  }

  private func ids(_ cluster: MockCluster) throws -> [String] {
    try cluster.records("mail").map { try #require(JSONValue(parsing: Array($0.value.utf8))["event.id"]?.string) }
  }

  private func expected(_ batches: ClosedRange<Int>, count: Int = 7) -> [String] {
    batches.flatMap { batch in (0..<count).map { "\(batch)-\($0)" } }.sorted()
  }

  @Test("each event is a record keyed by its id, and each batch has one marker")
  func delivered() async throws {
    let cluster = try MockCluster()
    let sink = try sink(cluster)
    for sequence in 1...3 as ClosedRange<UInt64> { try await deliver(sink, sequence) }
    let records = try cluster.records("mail")
    #expect(records.map(\.value).sorted() == (1...3).flatMap { SinkContract.lines($0) }.sorted())
    #expect(Set(records.map(\.key)) == Set((1...3).flatMap { SinkContract.entry($0).entries.map(\.identity.hex) }))
    let markers = try cluster.records("mail.message-trace")
    #expect(
      Set(markers.map(\.value))
        == Set((1...3).map { String(decoding: KafkaMarker(SinkContract.entry($0), in: "mail").value, as: UTF8.self) }))
    #expect(markers.count == 3)
  }

  @Test("keeps the contract of sinks, exactly once")
  func contract() async throws {
    let cluster = try MockCluster()
    try cluster.create("mail", partitions: 1)
    let settings = try settings(cluster)
    try await SinkContract(repeats: .never) {
      KafkaSink(settings, owner: "tenant", log: .silent, time: .system)
    } received: {
      try cluster.records("mail").map(\.value)
    }.check()
  }

  /// Each on a thread of its own: librdkafka mostly waits.
  private func sideBySide<Case: Sendable>(
    _ cases: [Case], _ body: @escaping @Sendable (Case) async throws -> Void
  ) async throws {
    try await withThrowingTaskGroup(of: Void.self) { group in
      for one in cases { group.addTask(executorPreference: ThreadExecutor(name: "kafka")) { try await body(one) } }
      try await group.waitForAll()
    }
  }

  @Test("a kill behind each step of a delivery: the next process sends the batch once, or knows that it is there")
  func killed() async throws {
    try await sideBySide(Array(KafkaLink.Step.allCases.dropFirst())) { try await killed($0) }
  }

  private func killed(_ step: KafkaLink.Step) async throws {
    let cluster = try MockCluster()
    try cluster.create("mail", partitions: 1)
    try await deliver(try sink(cluster), 1)
    let dying = try sink(cluster) { (reached: KafkaLink.Step) throws(Failure) in
      if reached == step { throw .stopped }
    }
    await #expect(throws: Failure.stopped) { try await deliver(dying, 2) }
    let said = Locked<[String]>([])
    let next = try sink(cluster, said: said)
    try await deliver(next, 2)
    try await deliver(next, 3)
    // The mock shows what a broker would hide: what was sent before a marker, in an aborted transaction.
    let repeated = step == .produced || step == .flushed ? try ids(cluster).count - 21 : 0
    #expect(repeated <= 7)
    let arrived = try ids(cluster)
    #expect(Set(arrived) == Set(expected(1...3)) && arrived.count == 21 + repeated)
    #expect(try cluster.records("mail.message-trace").count == 3)
    #expect(said.value.contains { $0.contains("sink.kafka.known") } == (step >= .marked))
  }

  @Test("a state that was set up anew counts from 1 again: its batches are others, and none is held for known")
  func renumbered() async throws {
    let cluster = try MockCluster()
    try await deliver(try sink(cluster), 1)
    var entry = SinkContract.entry(9, count: 5)
    entry.sequence = 1
    _ = try await sink(cluster).deliver(entry, from: SinkPosition(sequence: 0))
    #expect(try ids(cluster).count == 12)
  }

  @Test("markers of another collector mean nothing to this one, though its batch has the same number")
  func others() async throws {
    let cluster = try MockCluster()
    try await deliver(try sink(cluster, owner: "other"), 1)
    try await deliver(try sink(cluster), 1)
    #expect(try ids(cluster).count == 14)
  }

  struct Injection: Sendable, CustomStringConvertible {
    var request: MockCluster.Request
    var code: Int32
    /// nil: the batch arrives within the same delivery.
    var failure: String?
    var description: String { "\(request) \(code)" }
  }

  private static let injections = [
    Injection(request: .endTransaction, code: 90, failure: "sink.kafka.fenced"),
    Injection(request: .endTransaction, code: 47, failure: "sink.kafka.fenced"),
    Injection(request: .addPartitions, code: 47, failure: "sink.kafka.fenced"),
    Injection(request: .produce, code: 47, failure: "sink.kafka.fenced"),
    Injection(request: .endTransaction, code: 51), Injection(request: .produce, code: 19),
    Injection(request: .endTransaction, code: 7), Injection(request: .produce, code: 29, failure: "sink.kafka.denied"),
    Injection(request: .produce, code: 10, failure: "sink.kafka.too_large"),
    Injection(request: .initProducer, code: 53, failure: "sink.kafka.denied"),
    Injection(request: .initProducer, code: 51), Injection(request: .addPartitions, code: 51),
    Injection(request: .findCoordinator, code: 15), Injection(request: .endTransaction, code: 48),
    Injection(request: .produce, code: -195), Injection(request: .endTransaction, code: -195),
    Injection(request: .initProducer, code: -195), Injection(request: .addPartitions, code: -195),
  ]

  @Test("every injected error ends in one delivery, now or in the next pass, and is named")
  func injected() async throws {
    try await sideBySide(Self.injections) { try await injected($0) }
  }

  private func injected(_ injection: Injection) async throws {
    let cluster = try MockCluster()
    try cluster.create("mail", partitions: 1)
    let sink = try sink(cluster)
    if injection.request != .initProducer, injection.request != .findCoordinator { try await deliver(sink, 1) }
    try cluster.inject([injection.code], injection.request)
    do {
      try await deliver(sink, 2)
      #expect(injection.failure == nil, "\(injection)")
    } catch {
      #expect((error as? Failure)?.code.rawValue == injection.failure, "\(injection): \(error)")
      #expect((error as? Failure)?.hint != nil)
    }
    try cluster.clearErrors()
    try await deliver(sink, 2)
    try await deliver(sink, 3)
    let arrived = try ids(cluster)
    let second = arrived.filter { $0.hasPrefix("2-") }
    #expect(Set(second).count == 7 && second.count <= 14, "\(injection)")
    #expect(arrived.filter { $0.hasPrefix("3-") } == expected(3...3), "\(injection)")
    let markers = try cluster.records("mail.message-trace").filter { $0.value.contains("\"sequence\":2,") }
    #expect(markers.count == 1, "\(injection)")
  }

  @Test("brokers that are away give the batch back in time; it arrives once they are there")
  func away() async throws {
    let cluster = try MockCluster()
    try cluster.set(down: true)
    let sink = try sink(cluster, "timeout=1")
    let failure = await #expect(throws: Failure.self) { try await deliver(sink, 1) }
    #expect(
      ["sink.kafka.unreachable", "sink.kafka.timeout"].contains(failure?.code.rawValue) && failure?.exit == .tryLater)
    try cluster.set(down: false)
    let later = try self.sink(cluster)
    try await deliver(later, 1)
    #expect(try ids(cluster).sorted() == expected(1...1))
  }

  @Test("without transactions every event arrives, and no marker is written")
  func plain() async throws {
    let cluster = try MockCluster()
    let sink = try sink(cluster, "transactions=no")
    for sequence in 1...2 as ClosedRange<UInt64> { try await deliver(sink, sequence, count: 500) }
    #expect(try ids(cluster).sorted() == expected(1...2, count: 500))
    try cluster.inject([29], .produce)
    let failure = await #expect(throws: Failure.self) { try await deliver(sink, 3) }
    #expect(failure?.code.rawValue == "sink.kafka.denied" && failure?.exit == .denied)
  }

  @Test("an event longer than max-bytes loses its largest fields and arrives as JSON")
  func long() async throws {
    let cluster = try MockCluster()
    var entry = JournalEntry(sequence: 1, bytes: [], entries: [], cursors: [:])
    entry.bytes = Array(#"{"event.id":"x","a":"\#(String(repeating: "a", count: 5_000))"}"#.utf8) + [0x0A]
    entry.entries = [
      Batch.Entry(identity: Identity(high: 1, low: 2), received: Instant(ticks: 0), end: entry.bytes.count)
    ]
    _ = try await sink(cluster, "max-bytes=1000").deliver(entry, from: SinkPosition(sequence: 0))
    #expect(try cluster.records("mail").map(\.value) == [#"{"event.id":"x","labels.truncated":"true"}"#])
  }

  @Test("a topic that was made anew is filled again, whatever the markers of the old one say")
  func anew() async throws {
    let cluster = try MockCluster()
    try cluster.create("mail", partitions: 3)
    let marker = KafkaMarker(SinkContract.entry(1), in: "mail")
    let writer = try settings(cluster).writer(of: "tenant")
    let folder = try ScratchFolder()
    var kcat = TestProgram([
      "kcat", "-P", "-b", cluster.servers, "-t", "mail.message-trace", "-k",
      String(decoding: marker.key(writer), as: UTF8.self),
    ])
    kcat.input = .path(try folder.write(String(decoding: marker.value, as: UTF8.self), to: "marker"))
    #expect(try kcat.run() == 0)
    try await deliver(try sink(cluster), 1)
    #expect(try ids(cluster).sorted() == expected(1...1))
    // The same marker counts once the topic holds something.
    try await deliver(try sink(cluster), 1)
    #expect(try ids(cluster).sorted() == expected(1...1))
  }

  @Test("two topics with one transactional id and one marker topic each get every batch")
  func shared() async throws {
    let cluster = try MockCluster()
    let query = "transactional-id=x&marker-topic=m"
    for topic in ["mail", "copy"] {
      let settings = try KafkaSettings(parsing: "kafka://\(cluster.servers)/\(topic)?\(query)")
      try await deliver(KafkaSink(settings, owner: "", log: .silent, time: .system), 1)
      #expect(try cluster.records(topic).count == 7)
    }
  }

  @Test("a sink that is told to stop while the brokers are away stops, and says so")
  func stopped() async throws {
    let cluster = try MockCluster()
    try cluster.set(down: true)
    let sink = try sink(cluster, "timeout=900")
    await withTaskGroup(of: Failure?.self) { group in
      group.addTask(executorPreference: ThreadExecutor(name: "kafka")) {
        do throws(Failure) {
          _ = try await sink.deliver(SinkContract.entry(1), from: SinkPosition(sequence: 0))
          return nil
        } catch {
          return error
        }
      }
      group.cancelAll()
      for await failure in group { #expect(failure == .stopped) }
    }
  }

  @Test(
    "check and a delivery name a topic that does not exist or may not be used, with what to do", arguments: [3, 29])
  func badTopic(code: Int32) async throws {
    try await sideBySide(["mail", "mail.message-trace"]) { try await badTopic($0, code) }
  }

  private func badTopic(_ topic: String, _ code: Int32) async throws {
    let cluster = try MockCluster()
    try cluster.create("mail", partitions: 2)
    try cluster.create("mail.message-trace", partitions: 1)
    try cluster.fail(topic, with: code)
    let spec = try SinkSpec(parsing: "kafka://\(cluster.servers)/mail?timeout=5")
    let failure = await #expect(throws: Failure.self) {
      try await spec.check(SinkContext(log: .silent, time: .system))
    }
    #expect(
      failure?.code.rawValue == (code == 3 ? "sink.kafka.topic" : "sink.kafka.denied"), "\(topic): \(failure as Any)")
    #expect(failure?.hint?.contains("topic") == true, "\(topic): \(failure?.hint ?? "")")
    #expect(failure?.exit == (code == 3 ? .tryLater : .denied))
  }

  @Test("check finds the topics")
  func check() async throws {
    let cluster = try MockCluster()
    try cluster.create("mail", partitions: 2)
    try cluster.create("mail.message-trace", partitions: 1)
    let spec = try SinkSpec(parsing: "kafka://\(cluster.servers)/mail")
    _ = try await spec.check(SinkContext(log: .silent, time: .system))
  }
}
