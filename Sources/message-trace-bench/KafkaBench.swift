// How fast events go out by Kafka transactions into librdkafka's mock cluster in a process of its own, beside kcat.

internal import Glibc
internal import IntakeCore
internal import Sinks

enum KafkaBench {
  /// Makes this program the cluster.
  static let clusterArgument = "--kafka-cluster"

  private typealias Make = @convention(c) () -> UnsafeMutableRawPointer?
  private typealias Open =
    @convention(c) (
      Int32, UnsafeMutableRawPointer?, UnsafeMutablePointer<CChar>?, Int
    ) -> UnsafeMutableRawPointer?
  private typealias Start = @convention(c) (UnsafeMutableRawPointer?, Int32) -> UnsafeMutableRawPointer?
  private typealias Servers = @convention(c) (UnsafeMutableRawPointer?) -> UnsafePointer<CChar>?

  /// Writes its addresses as one line and serves until killed.
  static func serve() {
    guard let library = unsafe dlopen("librdkafka.so.1", RTLD_NOW),
      let make: Make = unsafe find("rd_kafka_conf_new", library), let open: Open = unsafe find("rd_kafka_new", library),
      let start: Start = unsafe find("rd_kafka_mock_cluster_new", library),
      let servers: Servers = unsafe find("rd_kafka_mock_cluster_bootstraps", library)
    else { return }
    guard let handle = unsafe open(0, make(), nil, 0), let cluster = unsafe start(handle, 3),
      let text = unsafe servers(cluster)
    else { return }
    unsafe Bench.say(String(cString: text))
    while true { sleep(60) }
  }

  @unsafe private static func find<Function>(_ name: String, _ library: UnsafeMutableRawPointer) -> Function? {
    guard let symbol = unsafe dlsym(library, name) else { return nil }
    return unsafe unsafeBitCast(symbol, to: Function.self)
  }

  /// - Parameter batch: one page's events, delivered until at least `events` are.
  static func run(_ batch: Batch, events: Int) async throws(Failure) {
    Bench.say("\nKafka, three brokers of librdkafka's mock cluster, batches of \(batch.entries.count)")
    Bench.say("sender                          events/s   events/s of one core")
    for options in ["compression=lz4", "compression=none", "compression=zstd", "transactions=no"] {
      // The cluster keeps 5 MB of each partition: enough for any figure, and the same for each.
      guard let cluster = Cluster() else { return Bench.say("librdkafka                      not installed") }
      defer { cluster.child.end() }
      let spec = try SinkSpec(parsing: "kafka://\(cluster.servers)/mail?\(options)")
      let sink = try spec.makeSink(log: .silent, time: .system)
      try await SyslogBench.measure(
        sink, options, batch, events: events, noted: options == "compression=lz4" ? "Kafka" : nil)
      Bench.say("  peak of this process so far: \(peakMiB) MiB")
    }
    compareKcat(batch, events: events)
    compareRsyslog(batch, events: min(events, 200_000))
  }

  private static var peakMiB: Int {
    var usage = rusage()
    return unsafe getrusage(RUSAGE_SELF.rawValue, &usage) == 0 ? Int(usage.ru_maxrss) / 1_024 : 0
  }

  /// The same events without transactions: kcat has none.
  private static func compareKcat(_ batch: Batch, events: Int) {
    let path = "/tmp/message-trace-bench-kafka-\(getpid()).ndjson"
    defer { unsafe unlink(path) }
    var text: [UInt8] = []
    let rounds = max(1, events / max(1, batch.entries.count))
    for _ in 0..<rounds { text += batch.bytes }
    guard let cluster = Cluster(), Program.write(text, to: path) else { return }
    defer { cluster.child.end() }
    let command = [
      "kcat", "-P", "-b", cluster.servers, "-t", "mail", "-z", "lz4", "-X", "enable.idempotence=true", "-X", "acks=all",
      "-l",
      path,
    ]
    let start = (ContinuousClock.now, SyslogBench.childSeconds)
    guard Program.time(command, runs: 1) != nil else {
      return Bench.say("kcat                            not installed")
    }
    let seconds = (ContinuousClock.now - start.0) / .seconds(1)
    SyslogBench.tell(
      "kcat, idempotent, lz4", rounds * batch.entries.count, seconds, SyslogBench.childSeconds - start.1)
  }

  /// From a file, start included, until the brokers have all of it.
  private static func compareRsyslog(_ batch: Batch, events: Int) {
    let folder = "/tmp/message-trace-bench-omkafka-\(getpid())"
    unsafe mkdir(folder, 0o700)
    defer { Program.remove(folder) }
    let rounds = max(1, events / max(1, batch.entries.count))
    var text: [UInt8] = []
    for _ in 0..<rounds { text += batch.bytes }
    guard let cluster = Cluster(), Program.write(text, to: "\(folder)/events") else { return }
    defer { cluster.child.end() }
    let servers = cluster.servers.split(separator: ",").map { "\"\($0)\"" }.joined(separator: ",")
    let configuration = """
      global(workDirectory="\(folder)" maxMessageSize="64k")
      module(load="imfile")
      module(load="omkafka")
      template(name="raw" type="string" string="%msg%")
      input(type="imfile" file="\(folder)/events" tag="x" freshStartTail="off")
      action(type="omkafka" broker=[\(servers)] topic="mail" partitions.auto="on" template="raw"
        confParam=["enable.idempotence=true", "compression.codec=lz4"])

      """
    guard Program.write(Array(configuration.utf8), to: "\(folder)/conf") else { return }
    let start = ContinuousClock.now
    guard let sender = Child(["rsyslogd", "-n", "-f", "\(folder)/conf", "-i", "\(folder)/pid"]) else { return }
    let goal = rounds * batch.entries.count
    var arrived = 0
    while arrived < goal, ContinuousClock.now - start < .seconds(60) {
      usleep(50_000)
      arrived = count(cluster, folder)
    }
    let seconds = (ContinuousClock.now - start) / .seconds(1)
    SyslogBench.tell("rsyslog (imfile, omkafka)", arrived, seconds, sender.end())
  }

  /// The ends of the partitions, as kcat is told them.
  private static func count(_ cluster: Cluster, _ folder: String) -> Int {
    let command = ["kcat", "-Q", "-b", cluster.servers] + (0..<4).flatMap { ["-t", "mail:\($0):-1"] }
    guard Program.run(command, output: "\(folder)/ends"),
      let bytes = try? FileBytes.read("\(folder)/ends", purpose: "ends of the partitions")
    else { return 0 }
    let lines = String(decoding: bytes, as: UTF8.self).split(separator: "\n")
    return lines.reduce(0) { $0 + ($1.split(separator: " ").last.flatMap { Int($0) } ?? 0) }
  }

  /// This program once more, as the cluster.
  private struct Cluster {
    let child: Child
    let servers: String

    init?() {
      let path = "/tmp/message-trace-bench-cluster-\(getpid())"
      defer { unsafe unlink(path) }
      guard let child = Child(["/proc/self/exe", KafkaBench.clusterArgument], output: path) else { return nil }
      for _ in 0..<200 {
        if let bytes = try? FileBytes.read(path, purpose: "cluster's addresses"), bytes.last == 0x0A {
          servers = String(decoding: bytes.dropLast(), as: UTF8.self)
          self.child = child
          return
        }
        usleep(20_000)
      }
      child.end()
      return nil
    }
  }
}
