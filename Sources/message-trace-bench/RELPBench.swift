// How fast events go out by RELP into rsyslog's imrelp, beside rsyslog's own omrelp with the same messages.

internal import Glibc
internal import IntakeCore
internal import Sinks

enum RELPBench {
  /// - Parameter batch: one page's events, delivered until at least `events` are.
  static func run(_ batch: Batch, events: Int) async throws(Failure) {
    let folder = "/tmp/message-trace-bench-relp-\(getpid())"
    unsafe mkdir(folder, 0o700)
    defer { Program.remove(folder) }
    Bench.say("\nRELP into rsyslog's imrelp with a direct queue, batches of \(batch.entries.count)")
    Bench.say("sender                          events/s   events/s of one core")
    let port = UInt16.random(in: 20_000..<32_000)
    guard Program.write(Array(receiver(folder, port).utf8), to: "\(folder)/in.conf"),
      let rsyslog = Child(["rsyslogd", "-n", "-f", "\(folder)/in.conf", "-i", "\(folder)/in.pid"])
    else { return Bench.say("rsyslogd with imrelp            not installed") }
    defer { rsyslog.end() }
    for options in ["window=128", "window=256", "window=1000"] {
      let spec = try SinkSpec(parsing: "relp://127.0.0.1:\(port)?\(options)")
      guard await reached(spec) else { return Bench.say("rsyslogd with imrelp            not installed") }
      try await SyslogBench.measure(
        spec.makeSink(log: .silent, time: .system), options, batch, events: events,
        noted: options == "window=1000" ? "RELP" : nil)
    }
    compareRsyslog(batch, events: min(events, 200_000), folder, port)
  }

  private static func reached(_ spec: SinkSpec) async -> Bool {
    for _ in 0..<100 {
      if (try? spec.reach()) != nil { return true }
      usleep(50_000)
    }
    return false
  }

  private static func receiver(_ folder: String, _ port: UInt16) -> String {
    """
    global(workDirectory="\(folder)")
    main_queue(queue.type="direct")
    module(load="imrelp")
    input(type="imrelp" address="127.0.0.1" port="\(port)")
    template(name="raw" type="string" string="%msg%\\n")
    action(type="omfile" file="\(folder)/got" template="raw")

    """
  }

  /// From a file, start included, until the receiver has written as many lines more.
  private static func compareRsyslog(_ batch: Batch, events: Int, _ folder: String, _ port: UInt16) {
    let rounds = max(1, events / max(1, batch.entries.count))
    var text: [UInt8] = []
    for _ in 0..<rounds { text += batch.bytes }
    let configuration = """
      global(workDirectory="\(folder)" maxMessageSize="64k")
      module(load="imfile")
      module(load="omrelp")
      input(type="imfile" file="\(folder)/events" tag="x" freshStartTail="off")
      action(type="omrelp" target="127.0.0.1" port="\(port)" windowSize="1000")

      """
    guard Program.write(text, to: "\(folder)/events"),
      Program.write(Array(configuration.utf8), to: "\(folder)/out.conf")
    else { return }
    let goal = size("\(folder)/got") + text.count * 9 / 10
    let start = ContinuousClock.now
    guard let sender = Child(["rsyslogd", "-n", "-f", "\(folder)/out.conf", "-i", "\(folder)/out.pid"]) else { return }
    while size("\(folder)/got") < goal, ContinuousClock.now - start < .seconds(120) { usleep(20_000) }
    let seconds = (ContinuousClock.now - start) / .seconds(1)
    SyslogBench.tell("rsyslog (imfile, omrelp)", rounds * batch.entries.count * 9 / 10, seconds, sender.end())
  }

  private static func size(_ path: String) -> Int {
    var status = stat()
    return unsafe stat(path, &status) == 0 ? Int(status.st_size) : 0
  }
}
