// How fast events go out by syslog over TCP, into a process of its own that reads and forgets; beside it util-linux's logger.

internal import Glibc
internal import IntakeCore
internal import Sinks

enum SyslogBench {
  /// Makes this program the receiver: standard input is the socket that it listens on.
  static let drainArgument = "--drain"

  /// Reads every connection to its end, one after the other, until killed.
  static func drain() {
    var buffer = [UInt8](repeating: 0, count: 1 << 18)
    while case let connection = accept(STDIN_FILENO, nil, nil), connection >= 0 {
      while unsafe read(connection, &buffer, buffer.count) > 0 {}
      close(connection)
    }
  }

  /// - Parameter batch: one page's events, delivered until at least `events` are.
  static func run(_ batch: Batch, events: Int) async throws(Failure) {
    guard let receiver = SyslogReceiver() else {
      throw Failure("bench.receiver", exit: .system, "Starting a receiver for the syslog figures.")
    }
    defer { receiver.end() }
    let size = batch.bytes.count / max(1, batch.entries.count)
    Bench.say(
      "\nsyslog over TCP, events of \(size) bytes in batches of \(batch.entries.count), load \(Machine.load)")
    Bench.say("sender                          events/s   events/s of one core")
    for options in ["", "framing=newline", "format=rfc3164", "ack=kernel", "ack=none"] {
      let spec = try SinkSpec(parsing: "tcp://127.0.0.1:\(receiver.port)?\(options)")
      let sink = try spec.makeSink(log: .silent, time: .system)
      let name = options.isEmpty ? "ack=eof" : options
      try await measure(sink, name, batch, events: events, noted: options.isEmpty ? "syslog over TCP" : nil)
    }
    compareLogger(batch, port: receiver.port)
  }

  /// - Parameter noted: its name in the table for the README; nil: it does not stand there.
  static func measure(
    _ sink: any Sink, _ name: String, _ batch: Batch, events: Int, noted: String? = nil
  ) async throws(Failure) {
    // The connection of a receiver's first batch is held open for a moment: that is no part of its speed.
    let first = JournalEntry(sequence: 1, bytes: batch.bytes, entries: batch.entries, cursors: [:])
    var position = try await sink.deliver(first, from: try await sink.open(at: nil))
    var sent = 0
    let start = (clock(CLOCK_MONOTONIC), clock(CLOCK_PROCESS_CPUTIME_ID))
    while sent < events {
      let entry = JournalEntry(
        sequence: position.sequence + 1, bytes: batch.bytes, entries: batch.entries, cursors: [:])
      position = try await sink.deliver(entry, from: position)
      sent += batch.entries.count
    }
    let (wall, processor) = (clock(CLOCK_MONOTONIC) - start.0, clock(CLOCK_PROCESS_CPUTIME_ID) - start.1)
    tell(name, sent, wall, processor)
    if let noted { Summary.ofRun.note(.delivery, "\(noted) \(WholeRun.rate(sent, wall)) events/s") }
    await sink.close()
  }

  /// The same frames by logger, start included; it waits for no acknowledgement.
  private static func compareLogger(_ batch: Batch, port: UInt16) {
    let path = "/tmp/message-trace-bench-\(getpid()).ndjson"
    defer { unsafe unlink(path) }
    var events: [UInt8] = []
    let rounds = max(1, 100_000 / max(1, batch.entries.count))
    for _ in 0..<rounds { events += batch.bytes }
    guard Program.write(events, to: path) else { return }
    let command = [
      "logger", "--tcp", "--server", "127.0.0.1", "--port", "\(port)", "--rfc5424", "--octet-count", "--size", "65536",
      "--file", path,
    ]
    let start = (clock(CLOCK_MONOTONIC), childSeconds)
    guard Program.time(command, runs: 1) != nil else {
      return Bench.say("logger (util-linux)            not installed")
    }
    tell(
      "logger (util-linux)", rounds * batch.entries.count, clock(CLOCK_MONOTONIC) - start.0, childSeconds - start.1)
  }

  static func tell(_ name: String, _ events: Int, _ seconds: Double, _ processor: Double) {
    func rate(_ seconds: Double) -> String { Bench.grouped(Int(Double(events) / max(seconds, 1e-9))) }
    Bench.say(Bench.pad(name, 32) + Bench.pad(rate(seconds), 11) + rate(processor))
  }

  static func clock(_ clock: clockid_t) -> Double {
    var time = timespec()
    guard unsafe clock_gettime(clock, &time) == 0 else { return 0 }
    return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
  }

  /// Processor time of programs that have ended.
  static var childSeconds: Double {
    var usage = rusage()
    guard unsafe getrusage(RUSAGE_CHILDREN.rawValue, &usage) == 0 else { return 0 }
    let times = [usage.ru_utime, usage.ru_stime]
    return times.reduce(0) { $0 + Double($1.tv_sec) + Double($1.tv_usec) / 1e6 }
  }
}

/// This program once more, as the other end.
struct SyslogReceiver {
  let port: UInt16
  private let process: pid_t

  init?() {
    let listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    defer { close(listener) }
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
    var length = socklen_t(MemoryLayout<sockaddr_in>.size)
    let isBound = unsafe withUnsafeMutablePointer(to: &address) { pointer in
      unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { generic in
        unsafe bind(listener, generic, length) == 0 && getsockname(listener, generic, &length) == 0
      }
    }
    guard isBound, listen(listener, 16) == 0 else { return nil }
    port = UInt16(bigEndian: address.sin_port)
    var actions = unsafe posix_spawn_file_actions_t()
    unsafe posix_spawn_file_actions_init(&actions)
    defer { unsafe posix_spawn_file_actions_destroy(&actions) }
    unsafe posix_spawn_file_actions_adddup2(&actions, listener, STDIN_FILENO)
    let name = unsafe strdup("bench")
    let argument = unsafe strdup(SyslogBench.drainArgument)
    defer {
      unsafe free(name)
      unsafe free(argument)
    }
    var words = unsafe [name, argument, nil]
    var process: pid_t = 0
    guard unsafe posix_spawn(&process, "/proc/self/exe", &actions, nil, &words, environ) == 0 else { return nil }
    self.process = process
  }

  func end() {
    kill(process, SIGKILL)
    _ = waitpid(process, nil, 0)
  }
}
