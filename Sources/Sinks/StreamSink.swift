// Syslog over TCP and TLS: a batch is delivered when the receiver has taken it, not when our kernel has.

internal import Glibc
internal import IntakeCore
internal import Synchronization

/// `tcp://` and `tls://`.
final class StreamSink: Sink {
  let name: String
  private let dialing: any Dialing
  private let acknowledgement: SyslogOptions.Acknowledgement
  private let format: SyslogFormat
  private let barrier: Barrier
  private let log: Log
  private let time: TimeSource
  private let memory = Mutex(Memory())

  /// What lasts from one batch to the next.
  private struct Memory: Sendable {
    /// Kept open where no end of stream is waited for.
    var connection: (any StreamConnection)?
    /// Frames between barriers; halved for receivers that close before the end.
    var interval = Int.max
    /// Ends of stream in a row that came before ours, or never.
    var oddEndings = 0
    /// Set for the rest of the run once the receiver has shown that it cannot confirm by closing.
    var isDowngraded = false
  }

  /// Attempts without progress before the batch is given back, and the time they may take.
  private static let attempts = 8
  private static let patience = Duration.seconds(30)

  init(
    name: String, options: SyslogOptions, dialing: any Dialing, log: Log, time: TimeSource, barrier: Barrier = Barrier()
  ) {
    self.name = name
    self.dialing = dialing
    self.log = log
    self.time = time
    self.barrier = barrier
    acknowledgement = options.acknowledgement
    format = SyslogFormat(options, framing: options.framing)
  }

  /// The receiver may be down: that holds back only this sink, so nothing is connected here.
  func open(at position: SinkPosition?) async throws(Failure) -> SinkPosition {
    try dialing.prepare()
    if acknowledgement == .none {
      log(.warning, "sink.ack.none", "Nothing tells whether the receiver has got anything.", [("sink", name)])
    }
    return SinkPosition(sequence: position?.sequence ?? 0)
  }

  func deliver(_ entry: JournalEntry, from position: SinkPosition) async throws(Failure) -> SinkPosition {
    var done = 0
    var interval = memory.withLock { $0.interval }
    interval = max(1, min(interval > entry.entries.count / 2 ? entry.entries.count : interval * 2, entry.entries.count))
    var failures = 0
    var giveUp = ContinuousClock.now + Self.patience
    while done < entry.entries.count {
      let end = min(done + interval, entry.entries.count)
      do throws(Failure) {
        try send(entry, done..<end)
        (done, failures, giveUp) = (end, 0, ContinuousClock.now + Self.patience)
      } catch {
        memory.withLock { $0.connection = nil }
        failures += 1
        interval = max(1, interval / 2)
        guard error.exit == .tryLater, error != .stopped, failures < Self.attempts, ContinuousClock.now < giveUp else {
          throw error
        }
        log(
          .debug, "sink.retry", "Sending the rest of the batch again.",
          [("sink", name), ("because", error.sentence), ("frames", "\(interval)")])
        try await backOff(failures)
      }
    }
    memory.withLock { $0.interval = interval >= entry.entries.count ? Int.max : interval }
    return SinkPosition(sequence: entry.sequence)
  }

  /// Connects, with everything that TLS checks, and hangs up.
  func probe() async throws(Failure) { _ = try dialing.connect(name: name) }

  func close() async { memory.withLock { $0.connection = nil } }

  /// 100 ms, doubled each time up to 4 s, and a quarter of chance either way.
  private func backOff(_ failures: Int) async throws(Failure) {
    let base = min(100 << min(failures - 1, 6), 4_000)
    let wait = Duration.milliseconds(Int.random(in: (base * 3 / 4)...(base * 5 / 4)))
    do {
      try await time.sleep(wait)
    } catch {
      throw .stopped
    }
  }

  private func send(_ entry: JournalEntry, _ range: Range<Int>) throws(Failure) {
    let connection = try connect()
    do throws(SocketFault) {
      try connection.send(frames(entry, range))
      try settle(connection)
    } catch {
      throw error.failure(dialing.area, name)
    }
  }

  private func connect() throws(Failure) -> any StreamConnection {
    if let kept = memory.withLock({ $0.connection }) {
      if (try? kept.drain()) == false { return kept }
      memory.withLock { $0.connection = nil }
    }
    return try dialing.connect(name: name)
  }

  /// Returns once the batch counts as taken; anything else is thrown.
  private func settle(_ connection: any StreamConnection) throws(SocketFault) {
    let isDowngraded = memory.withLock { $0.isDowngraded }
    switch acknowledgement {
    case .eof where !isDowngraded, .strictEOF:
      try settle(by: try barrier.endOfStream(connection))
    case .eof, .kernel:
      try barrier.acknowledged(connection)
      memory.withLock { $0.connection = connection }
    case .none:
      _ = try connection.drain()
      memory.withLock { $0.connection = connection }
    }
  }

  private func settle(by ending: Ending) throws(SocketFault) {
    let odd = memory.withLock { memory in
      memory.oddEndings = ending == .closed ? 0 : memory.oddEndings + 1
      return memory.oddEndings
    }
    switch ending {
    case .closed: return
    case .open where acknowledgement == .eof: downgrade("it does not close its side after ours")
    case .early where acknowledgement == .eof && odd >= 2: downgrade("it closes its side before ours")
    case .open: throw SocketFault(ETIMEDOUT)
    case .early: throw SocketFault(ECONNRESET)
    }
  }

  private func downgrade(_ why: String) {
    memory.withLock { $0.isDowngraded = true }
    log(
      .warning, "sink.ack.downgraded",
      "The receiver cannot confirm by closing: from now on its kernel's acknowledgement counts.",
      [("sink", name), ("because", why), ("hint", "ack=kernel says so from the start, ack=eof-strict refuses")])
  }

  private func frames(_ entry: JournalEntry, _ range: Range<Int>) -> [UInt8] {
    var output: [UInt8] = []
    var start = range.lowerBound == 0 ? 0 : entry.entries[range.lowerBound - 1].end
    output.reserveCapacity((entry.entries[range.upperBound - 1].end - start) * 5 / 4 + range.count * 160)
    for one in entry.entries[range] {
      format.append(entry.bytes[start..<one.end], one, to: &output)
      start = one.end
    }
    return output
  }
}
