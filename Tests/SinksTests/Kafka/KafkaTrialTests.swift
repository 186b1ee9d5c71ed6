// Kills and injected errors. The long form and its figures:
//
//     MESSAGE_TRACE_KAFKA=long swift test --filter KafkaTrialTests     500 seeds

internal import Glibc
internal import IntakeCore
internal import IntakeTesting
internal import Simulator
internal import Synchronization
internal import Testing

@testable import Sinks

@Suite(
  "Kafka under kills and errors", .serialized,
  .enabled(if: MockCluster.isWanted, "librdkafka1 or kcat is not installed"))
struct KafkaTrialTests {
  private static let isLong = unsafe getenv("MESSAGE_TRACE_KAFKA").map { unsafe String(cString: $0) } == "long"

  @Test("whatever is killed and whatever fails: every event is there, and no batch was sent to its end twice")
  func seeds() async throws {
    let (workers, perWorker): (UInt64, UInt64) = Self.isLong ? (10, 50) : (4, 1)
    let total = Locked(KafkaTrial.Outcome(seeds: 0))
    try await withThrowingTaskGroup(of: Void.self) { group in
      for worker in 0..<workers {
        group.addTask(executorPreference: ThreadExecutor(name: "trial")) {
          let cluster = try MockCluster()
          for seed in (worker * perWorker + 1)...((worker + 1) * perWorker) {
            let outcome = try await KafkaTrial(seed: seed).run(cluster)
            #expect(outcome.lost == 0 && outcome.doubled == 0, "seed \(seed): \(outcome)")
            total.update { $0.add(outcome) }
          }
        }
      }
      try await group.waitForAll()
    }
    if Self.isLong { print("kafka trial: \(total.value)") }
    #expect(total.value.kills > 0 && total.value.injected > 0)
  }

  @Test("collect, killed again and again: every row is in the topic, once, and rsyslog's imkafka reads the same")
  func collected() async throws {
    let folder = try ScratchFolder()
    let cluster = try MockCluster()
    try cluster.create("mail", partitions: 3)
    let now = Instant(seconds: 1_790_000_000)
    let window = Window(start: now - .seconds(4 * 3_600), end: now - .seconds(600))
    let tenant = SimulatedTenant(seed: 5, messages: 300, window: window, knobs: .calm)
    var settings = SimulatorSettings(tenant: tenant, time: TimeSource(now: { now }))
    settings.quota = .off
    let server = try SimulatorServer.start(settings)
    defer { server.stop() }
    let program = try collect(server, "kafka://\(cluster.servers)/mail", folder, now)
    for round in 1...(Self.isLong ? 20 : 3) {
      let process = try program.start()
      try await Task.sleep(for: .milliseconds(150 * round))
      _ = process.stop(SIGKILL)
    }
    for _ in 0..<2 {
      let status = try program.run()
      let errors = try folder.text("collect.log")
      #expect(status == 0, "\(errors)")
    }
    let records = try cluster.records("mail")
    let truth = DeliveryOracle(tenant, at: now)
    // The first copy of each event: the mock shows what a broker hides, attempts that were killed before their marker.
    var seen: Set<String> = []
    let lines = records.filter { seen.insert($0.key).inserted }.map(\.value)
    let verdict = truth.judge(lines.flatMap { Array("\($0)\n".utf8) })
    #expect(verdict.isPerfect && verdict.events >= 300, "\(verdict)")
    let sequences = try cluster.records("mail.message-trace").map(\.key)
    #expect(Set(sequences).count == sequences.count, "a batch was sent to its end twice")
    try await readWithRsyslog(cluster, folder, Set(lines), records.count)
  }

  private func collect(
    _ server: SimulatorServer, _ sink: String, _ folder: ScratchFolder, _ now: Instant
  ) throws -> TestProgram {
    let settings = server.settings
    var program = TestProgram(
      [
        TestProgram.product("message-trace"), "collect", "--mode", "graph", "--tenant", settings.tenant.name,
        "--client-id", settings.clientID, "--graph-url", server.graphURL, "--authority", server.authorityURL,
        "--state", folder("state"), "--since", "5h", "--now", Timestamp.text(now), "--page-size", "50", "--sink", sink,
      ], environment: ["MESSAGE_TRACE_CLIENT_SECRET": settings.clientSecret])
    program.errors = .path(try folder.write("", to: "collect.log"))
    return program
  }

  private func readWithRsyslog(
    _ cluster: MockCluster, _ folder: ScratchFolder, _ lines: Set<String>, _ count: Int
  ) async throws {
    guard Imrelp.isThere("imkafka") else { return }
    let receiver = try RealReceiver(in: folder) { port in
      """
      global(workDirectory="\(folder.path)" maxMessageSize="64k")
      module(load="imkafka")
      module(load="imtcp")
      input(type="imtcp" address="127.0.0.1" port="\(port)")
      input(type="imkafka" topic="mail" broker=[\(cluster.servers.split(separator: ",").map { "\"\($0)\"" }.joined(separator: ","))]
        consumergroup="test" confParam=["isolation.level=read_committed", "auto.offset.reset=earliest"])
      template(name="raw" type="string" string="%msg%\\n")
      action(type="omfile" file="\(folder("got"))" template="raw")

      """
    }
    try folder.write("", to: "got")
    try await receiver.start()
    defer { receiver.stop() }
    for _ in 0..<6 { try await receiver.waitForLines(count) }
    #expect(Set(try receiver.lines().map { String(decoding: $0, as: UTF8.self) }) == lines)
  }
}
