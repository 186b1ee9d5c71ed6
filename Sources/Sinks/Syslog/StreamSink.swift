// Syslog over TCP and TLS: a batch is delivered when the receiver has taken it, not when our kernel has.

internal import Glibc
internal import IntakeCore
internal import Synchronization

/// `tcp://` and `tls://`.
final class StreamSink: Sink {
  let name: String
  private let connector: any Connector
  private let acknowledgement: SyslogOptions.Acknowledgement
  private let format: SyslogFormat
  private let barrier: Barrier
  private let log: Log
  private let time: TimeSource
  private let receiver: ReceiverState
  /// Kept open where no end of stream is waited for.
  private let kept = Mutex<(any StreamConnection)?>(nil)

  /// Attempts without progress before the batch is given back, and the time they may take. One is enough for a receiver
  /// that is known to be down: the others must not wait for it.
  private static let attempts = 8
  private static let timeout = Duration.seconds(30)

  /// - Parameter receiver: shared by all sinks to one receiver, one after the other.
  init(
    name: String, options: SyslogOptions, connector: any Connector, log: Log, time: TimeSource,
    barrier: Barrier = Barrier(), receiver: ReceiverState = ReceiverState()
  ) {
    self.name = name
    self.connector = connector
    self.log = log
    self.time = time
    self.barrier = barrier
    self.receiver = receiver
    acknowledgement = options.acknowledgement
    format = SyslogFormat(options, framing: options.framing)
  }

  /// The receiver may be down: that holds back only this sink, so nothing is connected here.
  func open(at position: SinkPosition?) async throws(Failure) -> SinkPosition {
    try connector.prepare()
    if acknowledgement == .none {
      log(.warning, "sink.ack.none", "ack=none: delivery is not confirmed.", [("sink", name)])
    }
    return SinkPosition(sequence: position?.sequence ?? 0)
  }

  func deliver(_ entry: JournalEntry, from position: SinkPosition) async throws(Failure) -> SinkPosition {
    var done = 0
    var interval = receiver.interval(for: entry.entries.count)
    var failures = 0
    var giveUp = time.now() + Self.timeout
    while done < entry.entries.count {
      let end = min(done + interval, entry.entries.count)
      var isConnected = false
      do throws(Failure) {
        let connection = try connect()
        isConnected = true
        try send(entry, done..<end, connection)
        receiver.update { $0.isDown = false }
        (done, failures, giveUp) = (end, 0, time.now() + Self.timeout)
      } catch {
        kept.withLock { $0 = nil }
        failures += 1
        if isConnected {
          interval = max(1, interval / 4)
          receiver.update { $0.interval = interval }
        }
        guard error != .stopped, error.exit == .tryLater, !receiver.facts.isDown, failures < Self.attempts,
          time.now() < giveUp
        else {
          if error != .stopped { receiver.update { $0.isDown = true } }
          throw error
        }
        log(
          .debug, "sink.retry", "Resending the rest of the batch.",
          [("sink", name), ("because", error.sentence), ("frames", "\(interval)")])
        try await backOff(failures)
      }
    }
    receiver.update { $0.interval = interval >= entry.entries.count ? Int.max : interval }
    return SinkPosition(sequence: entry.sequence)
  }

  func close() async { kept.withLock { $0 = nil } }

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

  private func send(
    _ entry: JournalEntry, _ range: Range<Int>, _ connection: any StreamConnection
  ) throws(Failure) {
    do throws(SocketFault) {
      try watchForEnd(connection)
      try connection.send(frames(entry, range))
      try settle(connection)
    } catch {
      throw error.failure(connector.area, name)
    }
  }

  private func connect() throws(Failure) -> any StreamConnection {
    if let known = kept.withLock({ $0 }) {
      if (try? known.drain()) == false { return known }
      kept.withLock { $0 = nil }
    }
    return try connector.connect(name: name, within: .seconds(receiver.facts.isDown ? 3 : 10))
  }

  /// Returns once the batch counts as taken; anything else is thrown.
  private func settle(_ connection: any StreamConnection) throws(SocketFault) {
    let isDowngraded = receiver.facts.isDowngraded
    switch acknowledgement {
    case .eof where !isDowngraded, .strictEOF:
      try settle(by: try barrier.endOfStream(connection))
    case .eof, .kernel:
      try barrier.acknowledged(connection)
      kept.withLock { $0 = connection }
    case .none:
      _ = try connection.drain()
      kept.withLock { $0 = connection }
    }
  }

  private func settle(by ending: Ending) throws(SocketFault) {
    let known = receiver.facts
    switch ending {
    case .closed: receiver.update { $0.hasConfirmed = true }
    case .open where acknowledgement == .eof && !known.hasConfirmed: downgrade("it does not close its side after ours")
    case .early where acknowledgement == .eof: try settleEarlyEnd(known)
    case .open: throw SocketFault(ETIMEDOUT)
    case .early: throw SocketFault(ECONNRESET)
    }
  }

  /// A receiver that closed both directions with a byte unread would have reset the connection. One that closes only its
  /// sending side, and at once, confirms no more than that its kernel has the bytes.
  private func settleEarlyEnd(_ known: ReceiverState.Facts) throws(SocketFault) {
    switch known.earlyEnd {
    case .closes: return
    case .seen: receiver.update { ($0.earlyEnd, $0.hasConfirmed) = (.closes, true) }
    case .atOnce where !known.hasConfirmed: downgrade("it closes its side before ours")
    case .unknown, .atOnce:
      receiver.update { $0.earlyEnd = .seen }
      throw SocketFault(ECONNRESET)
    }
  }

  /// After a first early end: watches whether the receiver ends its side before anything is sent.
  private func watchForEnd(_ connection: any StreamConnection) throws(SocketFault) {
    guard receiver.facts.earlyEnd == .seen else { return }
    do throws(SocketFault) {
      try connection.socket.wait(for: Int16(POLLIN), within: .milliseconds(200))
    } catch {
      guard error.number == ETIMEDOUT else { throw error }
    }
    if try connection.drain() { receiver.update { $0.earlyEnd = .atOnce } }
  }

  private func downgrade(_ why: String) {
    receiver.update { $0.isDowngraded = true }
    log(
      .warning, "sink.ack.downgraded",
      "The receiver does not confirm by closing; using ack=kernel from now on.",
      [
        ("sink", name), ("because", why),
        ("hint", "set ack=kernel to avoid this warning, ack=eof-strict to treat it as an error"),
      ])
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
