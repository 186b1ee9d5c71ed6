// How fast events go out over HTTP, into the simulator's receivers in a process of their own.

internal import Glibc
internal import IntakeCore
internal import Simulator
internal import Sinks

enum HTTPBench {
  /// Makes this program the receivers; the port is the first line of its output.
  static let receiveArgument = "--receive"

  /// Serves until killed.
  static func receive() throws(Failure) {
    let tenant = SimulatedTenant(
      seed: 1, messages: 0, window: Window(start: Instant(seconds: 0), end: Instant(seconds: 1)))
    var settings = SimulatorSettings(tenant: tenant, time: .system)
    settings.keepsEvents = false
    let server = try SimulatorServer.start(settings)
    Bench.say("\(server.port)")
    while true { pause() }
  }

  /// - Parameter batch: one page's events, delivered under new ids until at least `events` are.
  static func run(_ batch: Batch, events: Int) async throws(Failure) {
    guard let receiver = Receivers() else {
      throw Failure("bench.receiver", exit: .system, "Starting receivers for the HTTP figures.")
    }
    defer { receiver.end() }
    let settings = SimulatorSettings(
      tenant: SimulatedTenant(
        seed: 1, messages: 0, window: Window(start: Instant(seconds: 0), end: Instant(seconds: 1))), time: .system)
    let secrets = [
      "MESSAGE_TRACE_ELASTIC_API_KEY": settings.elasticAPIKey, "MESSAGE_TRACE_SPLUNK_TOKEN": settings.splunkToken,
    ]
    Bench.say(
      "\nHTTP on loopback, events of \(batch.bytes.count / max(1, batch.entries.count)) bytes in batches of \(batch.entries.count)"
    )
    Bench.say("sink                            events/s   events/s of one core   peak MiB")
    for (name, scheme, rest) in [
      ("elastic", "elastic+http", "/bench?gzip=off"), ("elastic, gzip", "elastic+http", "/bench?gzip=on"),
      ("splunk, ack=indexer", "splunk+http", "?gzip=off"), ("splunk, gzip", "splunk+http", "?gzip=on"),
    ] {
      let spec = try SinkSpec(parsing: "\(scheme)://127.0.0.1:\(receiver.port)\(rest)").withSecrets(secrets)
      try await measure(try spec.makeSink(log: .silent, time: .system), name, batch, events: events)
    }
  }

  private static func measure(_ sink: any Sink, _ name: String, _ batch: Batch, events: Int) async throws(Failure) {
    var position = try await sink.open(at: nil)
    var sent = 0
    let start = (clock(CLOCK_MONOTONIC), clock(CLOCK_PROCESS_CPUTIME_ID))
    while sent < events {
      var entry = JournalEntry(
        sequence: position.sequence + 1, bytes: batch.bytes, entries: batch.entries, cursors: [:])
      let seed = UInt64.random(in: 0...UInt64.max)
      for index in entry.entries.indices { entry.entries[index].identity.high = seed }
      position = try await sink.deliver(entry, from: position)
      sent += batch.entries.count
    }
    let (wall, processor) = (clock(CLOCK_MONOTONIC) - start.0, clock(CLOCK_PROCESS_CPUTIME_ID) - start.1)
    func rate(_ seconds: Double) -> String { Bench.grouped(Int(Double(sent) / max(seconds, 1e-9))) }
    Bench.say(Bench.pad(name, 32) + Bench.pad(rate(wall), 11) + Bench.pad(rate(processor), 23) + "\(peakMiB)")
    if let title = ["elastic": "Elastic", "splunk, ack=indexer": "Splunk"][name] {
      Summary.ofRun.note(.delivery, "\(title) \(rate(wall)) events/s")
    }
    await sink.close()
  }

  private static func clock(_ clock: clockid_t) -> Double {
    var time = timespec()
    guard unsafe clock_gettime(clock, &time) == 0 else { return 0 }
    return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
  }

  private static var peakMiB: Int {
    var usage = rusage()
    return unsafe getrusage(RUSAGE_SELF.rawValue, &usage) == 0 ? usage.ru_maxrss / 1_024 : 0
  }
}

/// This program once more, as the other end.
private struct Receivers {
  let port: Int
  private let process: pid_t

  init?() {
    var ends: [Int32] = [0, 0]
    guard unsafe pipe(&ends) == 0 else { return nil }
    defer { close(ends[0]) }
    var actions = unsafe posix_spawn_file_actions_t()
    unsafe posix_spawn_file_actions_init(&actions)
    defer { unsafe posix_spawn_file_actions_destroy(&actions) }
    unsafe posix_spawn_file_actions_adddup2(&actions, ends[1], STDOUT_FILENO)
    let name = unsafe strdup("bench")
    let argument = unsafe strdup(HTTPBench.receiveArgument)
    defer {
      unsafe free(name)
      unsafe free(argument)
    }
    let words = unsafe [name, argument, nil]
    var process: pid_t = 0
    let result = unsafe posix_spawn(&process, "/proc/self/exe", &actions, nil, words, environ)
    close(ends[1])
    guard result == 0 else { return nil }
    self.process = process
    var line = [UInt8](repeating: 0, count: 32)
    let count = unsafe read(ends[0], &line, line.count)
    guard let port = Int(String(decoding: line.prefix(max(0, count)).prefix { $0 != 0x0A }, as: UTF8.self)) else {
      kill(process, SIGKILL)
      return nil
    }
    self.port = port
  }

  func end() {
    kill(process, SIGKILL)
    _ = waitpid(process, nil, 0)
  }
}
